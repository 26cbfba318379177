"""Processes that do what may take too long, take too much memory or crash: requests flow in, outcomes flow out."""
