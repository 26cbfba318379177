"""What pmkg promises, one file a promise."""
