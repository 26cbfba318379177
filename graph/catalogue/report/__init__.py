"""What a steward has to mend: verdicts flow in; words, examples and pages flow out."""

from graph.catalogue.report.item import Item, Suggestion
from graph.catalogue.report.render import RENDERINGS, render
from graph.catalogue.report.report import RecordReport, Reported, report_of

__all__ = ["RENDERINGS", "Item", "RecordReport", "Reported", "Suggestion", "render", "report_of"]
