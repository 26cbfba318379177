"""Publishing: harvested records and our own flow in, one DCAT catalogue that others can harvest flows out."""
