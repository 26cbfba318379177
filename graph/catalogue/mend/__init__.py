"""Habits of real catalogues, set right where that is safe: triples flow in, and out mended, with what was mended."""

from graph.catalogue.mend.model import Mend, Mended
from graph.catalogue.mend.pipeline import MEND_RULES, mend

__all__ = ["MEND_RULES", "Mend", "Mended", "mend"]
