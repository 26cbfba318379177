"""The house stands: each file imports only from floors below its own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from graph.project import ROOT

# The floor of each module or package; the longest name that fits counts. The README draws the same.
FLOORS = {
    "graph.errors": 0,
    "graph.names": 0,
    "graph.project": 0,
    "graph.settings": 0,
    "graph.access": 1,
    "graph.net": 1,
    "graph.rdf": 1,
    "graph.sparql": 1,
    "graph.worker": 1,
    "graph.store": 2,
    "graph.advise": 3,
    "graph.build": 3,
    "graph.check": 3,
    "graph.pipeline": 4,
    "graph.write": 4,
    "graph.terminal": 4,
    "graph.catalogue": 5,
    "graph.commands": 6,
    "graph.cli": 7,
    "web": 7,
    "server": 7,
}


def source_files() -> list[Path]:
    found = [ROOT / "server.py", *(ROOT / "graph").rglob("*.py"), *(ROOT / "web").rglob("*.py")]
    return [path for path in found if path.name != "__init__.py" and "vendor" not in path.parts]


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def room_of(module: str) -> str | None:
    fits = [room for room in FLOORS if module == room or module.startswith(room + ".")]
    return max(fits, key=len, default=None)


def imports_of(path: Path) -> set[str]:
    names = set[str]()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {name for name in names if name.split(".")[0] in ("graph", "web", "server")}


def climbs(module: str, imported: str) -> bool:
    """Whether an import goes up, or across to another room of the same floor above the ground floor."""
    here, there = room_of(module), room_of(imported)
    assert here and there, f"{module} or {imported} is on no floor: add it to FLOORS"
    if here == there or (here == "server" and there == "web"):
        return False
    if FLOORS[here] == FLOORS[there] == 0:
        return False
    if here == "web" and there == "server":
        return module != "web.serve"
    return FLOORS[there] >= FLOORS[here]


@pytest.mark.parametrize("path", source_files(), ids=module_name)
def test_imports_point_only_down_the_floors(path: Path) -> None:
    module = module_name(path)
    upward = sorted(imported for imported in imports_of(path) if climbs(module, imported))
    assert not upward, f"{module} climbs to {upward}"


@pytest.mark.parametrize(
    ("module", "imported"),
    [("graph.rdf.reading", "graph.store.pool"), ("graph.cli", "web.serve"), ("graph.check.terms", "graph.build.merge")],
)
def test_a_climbing_import_is_noticed(module: str, imported: str) -> None:
    assert climbs(module, imported)
