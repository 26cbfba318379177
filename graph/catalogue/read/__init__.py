"""Read catalogues: an address, a folder or a file flows in; pages of triples, and what could not be read, flow out."""
