"""Advice on a query: what in it cannot match the data, and why its answer is empty."""
