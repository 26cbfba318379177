"""Parse and write RDF: files flow in, pyoxigraph quads with their place flow out."""
