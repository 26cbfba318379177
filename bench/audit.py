"""The dependencies against known faults: what is installed flows in, what is known against it flows out.

    python -m bench.audit [--advisories FOLDER]

`pip check` says whether the versions fit together, pip-audit asks the advisory service about each. Without a network,
`--advisories` takes a folder that holds the Python Packaging Advisory Database (its `vulns/`, OSV in YAML) instead.
pip-audit calls a package that the service does not know one without faults; here that counts as not asked.

Exit status: 0 where all was asked about and nothing is known; 1 where something is; 2 where it could not be asked.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import yaml
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

OURS = "pmkg"  # which is on no index
NO_FAULTS, FAULTS, NOT_ASKED = 0, 1, 2
SECONDS = 15


@dataclass(frozen=True)
class Audit:
    """How many packages were asked about, which could not be, and what is known, a line each."""

    asked: int
    not_asked: tuple[str, ...]
    faults: tuple[str, ...]
    why: str = ""

    @property
    def status(self) -> int:
        if self.faults:
            return FAULTS
        return NOT_ASKED if self.not_asked or not self.asked else NO_FAULTS


def ask_service() -> Audit:
    """What the service that pip-audit asks knows."""
    command = [sys.executable, "-m", "pip_audit", "--local", "--progress-spinner", "off", "--format", "json"]
    done = subprocess.run([*command, "--timeout", str(SECONDS)], capture_output=True, text=True, check=False)
    last = (done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1]
    return read_answer(done.stdout, last)


def read_answer(text: str, why: str = "") -> Audit:
    """What pip-audit answered; `why` is its last word where that is nothing."""
    try:
        rows: list[dict[str, Any]] = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Audit(0, ("anything",), (), why)
    skipped = tuple(row["name"] for row in rows if "skip_reason" in row and row["name"] != OURS)
    known = [(row, fault) for row in rows for fault in row.get("vulns", ())]
    faults = tuple(f"{row['name']} {row['version']}: {_named(fault)}" for row, fault in known)
    return Audit(len(rows) - sum("skip_reason" in row for row in rows), skipped, faults)


def _named(fault: dict[str, Any]) -> str:
    fixed = ", ".join(fault.get("fix_versions") or ()) or "no version yet"
    return f"{', '.join([fault['id'], *fault.get('aliases', ())])}, mended in {fixed}"


def read_advisories(folder: Path, installed: dict[str, str]) -> Audit:
    """What a copy of the advisory database knows of packages, by name and version."""
    root = folder / "vulns" if (folder / "vulns").is_dir() else folder
    if not any(root.glob("*/*.yaml")):
        return Audit(0, ("anything",), (), f"{folder} holds no advisories.")
    faults = [
        f"{name} {version}: {advisory['id']}"
        for name, version in sorted(installed.items())
        for advisory in _advisories(root / name)
        if any(_affects(item, name, version) for item in advisory.get("affected", ()))
    ]
    return Audit(len(installed), (), tuple(faults))


def _advisories(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.yaml")):
        advisory = yaml.safe_load(path.read_text("utf-8"))
        if not advisory.get("withdrawn"):
            yield advisory


def _affects(affected: dict[str, Any], name: str, text: str) -> bool:
    """Whether a version is among those listed, or in one of the ranges (https://ossf.github.io/osv-schema/)."""
    if canonicalize_name(affected.get("package", {}).get("name", "")) != name:
        return False
    if text in affected.get("versions", ()):
        return True
    ranges = [item["events"] for item in affected.get("ranges", ()) if item.get("type") == "ECOSYSTEM"]
    return any(_is_within(events, Version(text)) for events in ranges)


def _is_within(events: list[dict[str, str]], version: Version) -> bool:
    inside = False
    for event in events:
        kind, stated = next(iter(event.items()))
        try:
            bound = Version(stated)
        except InvalidVersion:
            continue
        if kind == "introduced" and version >= bound:
            inside = True
        elif (kind == "fixed" and version >= bound) or (kind == "last_affected" and version > bound):
            inside = False
    return inside


def installed() -> dict[str, str]:
    """Every package of this environment but ours, with its version."""
    found = {canonicalize_name(item.metadata["Name"]): item.version for item in distributions()}
    return {name: version for name, version in found.items() if name != OURS}


def main() -> int:
    """Check, ask, and say what came of it."""
    parser = argparse.ArgumentParser(prog="bench.audit", description="Look for known faults in what we depend on.")
    parser.add_argument("--advisories", type=Path, help="a copy of the Python Packaging Advisory Database")
    options = parser.parse_args()
    fits = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    print(f"pip check: {fits.stdout.strip() or fits.stderr.strip()}")
    audit = read_advisories(options.advisories, installed()) if options.advisories else ask_service()
    print(
        "\n".join([f"{len(audit.faults)} known faults in {audit.asked} packages that were asked about.", *audit.faults])
    )
    if audit.not_asked:
        some = ", ".join(audit.not_asked[:5]) + (f" and {len(audit.not_asked) - 5} more" if audit.not_asked[5:] else "")
        print(
            f"COULD NOT ASK about {some}: {audit.why or 'the advisory service did not answer about them.'}\n"
            "This is no all-clear. Run it where the service can be reached, or with --advisories and a copy of\n"
            "https://github.com/pypa/advisory-database."
        )
    return FAULTS if fits.returncode else audit.status


if __name__ == "__main__":
    raise SystemExit(main())
