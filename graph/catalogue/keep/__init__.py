"""Keeping catalogues: what was harvested is compared with what is stored, written as one generation, and remembered."""
