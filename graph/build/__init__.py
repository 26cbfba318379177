"""Merge the files, reason over them, explain contradictions, publish a generation."""
