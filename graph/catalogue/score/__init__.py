"""How good metadata is: records flow in; points of 405, the readiness for EHDS, and DQV measurements flow out."""
