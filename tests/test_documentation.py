"""The documentation keeps up with the code: docstrings say what flows, the README names what can be called."""

from __future__ import annotations

import ast
import importlib.util
import re

import pytest

from graph.project import ROOT
from tests.test_floors import module_name, source_files

README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z0-9]+):", MAKEFILE, re.MULTILINE))
STILL = {"graph.errors", "graph.names"}  # a tree of errors and a table of names, through which nothing flows
MODULES = {module_name(path): path for path in source_files() if "node_modules" not in path.parts}


@pytest.mark.parametrize("module", sorted(MODULES.keys() - STILL - {"server"}))
def test_each_module_says_what_flows_in_and_out(module: str) -> None:
    docstring = ast.get_docstring(ast.parse(MODULES[module].read_text("utf-8"))) or ""
    assert "flow" in docstring, f"the docstring of {module} does not say what flows"


def test_each_make_target_that_the_readme_names_exists() -> None:
    named = set(re.findall(r"`?\bmake ([a-z0-9]+)\b(?=`|\s+#)", README))
    assert named and named <= TARGETS


def test_each_make_target_is_in_the_readme_or_is_housekeeping() -> None:
    assert {target for target in TARGETS if f"make {target}" not in README} <= {"install", "format", "clean"}


def test_each_make_target_is_phony_since_it_names_no_file() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert phony and set(phony[1].split()) == TARGETS


def test_each_module_that_the_readme_or_the_makefile_runs_exists() -> None:
    named = re.findall(r"python -m ((?:bench|tests)[\w.]*)", README + MAKEFILE)
    assert named and all(importlib.util.find_spec(name) for name in named)


def test_each_file_that_the_readme_names_exists() -> None:
    named = re.findall(r"`((?:bench|graph|web|tests|docs|deploy|queries)/[\w./-]+\.\w+)`", README)
    assert named and [name for name in named if not (ROOT / name).exists()] == []
