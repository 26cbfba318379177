"""What is wrong with a dataset: every check flows out as the same `Finding`."""
