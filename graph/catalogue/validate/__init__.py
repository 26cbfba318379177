"""Validate DCAT catalogues: triples and a profile's name flow in, verdicts flow out."""
