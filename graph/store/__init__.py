"""Generations on disk and the reader processes that query them."""
