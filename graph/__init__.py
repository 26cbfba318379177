"""pmkg's code, in floors that import only downwards: see the README, "How it is laid out"."""
