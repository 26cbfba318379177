"""The commands of `pmkg` by subject, each a module; `graph.cli` puts them together."""
