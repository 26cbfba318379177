"""The files that a generation is built from: a folder flows in, its paths and their fingerprint flow out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Project:
    """A folder with `ontology/`, `facts/`, `shapes/` and `queries/`."""

    root: Path = ROOT

    @property
    def modules(self) -> list[Path]:
        return sorted((self.root / "ontology").glob("*.ttl"))

    @property
    def mappings(self) -> Path:
        return self.root / "ontology" / "mappings.sssom.tsv"

    @property
    def facts(self) -> list[Path]:
        return sorted((self.root / "facts").glob("*.trig"))

    @property
    def uncited(self) -> Path:
        return self.root / "facts" / "uncited.tsv"

    @property
    def shapes(self) -> list[Path]:
        return sorted((self.root / "shapes").glob("*.ttl"))

    @property
    def queries(self) -> list[Path]:
        return sorted((self.root / "queries").glob("*.ttl"))

    def fingerprint(self, *, union: bool = True) -> str:
        """A checksum of everything that decides what is built: the files above, the code, and the one setting."""
        digest = hashlib.sha256(b"" if union else b"without the union")
        for path in self._inputs():
            content = path.read_bytes()
            digest.update(f"{path.name} {len(content)}\n".encode())
            digest.update(content)
        return digest.hexdigest()

    def _inputs(self) -> Iterator[Path]:
        prefixes = self.root / "ontology" / "prefixes.json"
        answers = (query.with_suffix(".csv") for query in self.queries)
        optional = (self.mappings, prefixes, self.uncited, ROOT / "constraints.txt", *answers)
        yield from (*self.modules, *self.facts, *self.shapes, *self.queries)
        yield from (path for path in optional if path.exists())
        yield from sorted((ROOT / "graph").rglob("*.py"))
