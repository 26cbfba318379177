"""What stands in deploy/ fits the project: versions, commands, folders and settings."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from graph.project import ROOT
from graph.settings import Settings, variable

DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
UNIT = (DEPLOY / "pmkg.service").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_the_image_has_the_python_that_the_project_needs() -> None:
    needed = PROJECT["project"]["requires-python"].removeprefix(">=")
    images = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert images == [f"python:{needed}-slim"] * 2


def test_the_image_runs_a_command_of_the_project_as_a_user_of_its_own() -> None:
    entry = re.search(r'^ENTRYPOINT \["(\w+)"\]', DOCKERFILE, re.MULTILINE)
    assert entry and entry[1] in PROJECT["project"]["scripts"]
    last = DOCKERFILE.rpartition("FROM ")[2]
    assert re.search(r"^USER pmkg$", last, re.MULTILINE)
    assert "/health" in last and "HEALTHCHECK" in last and "VOLUME /data" in last
    assert not re.search(r"apt-get|gcc|build-essential|pip install", last)


def test_the_image_holds_every_folder_that_is_built_from_or_run() -> None:
    copied = set(re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE))
    names = {name for part in copied for name in part.split()}
    assert {"graph", "web", "ontology", "facts", "shapes", "queries", "server.py", "constraints.txt"} <= names
    assert all((ROOT / name).exists() for name in names)
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").split()
    assert not names & set(ignored)


def test_every_setting_that_deploy_names_exists() -> None:
    known = {variable(item.name) for item in fields(Settings)}
    for path in DEPLOY.iterdir():
        assert set(re.findall(r"PMKG_[A-Z]+(?:_[A-Z]+)*", path.read_text("utf-8"))) - {"PMKG_NAME"} <= known, path


def test_what_stops_the_server_waits_longer_than_the_server_does() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]["pmkg"]
    unit = re.search(r"^TimeoutStopSec=(\d+)$", UNIT, re.MULTILINE)
    assert unit and int(unit[1]) > Settings().stop_seconds
    assert int(compose["stop_grace_period"].removesuffix("s")) > Settings().stop_seconds
    assert compose["read_only"] is True and compose["cap_drop"] == ["ALL"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here")
def test_systemd_reads_the_unit_and_finds_it_safe(tmp_path: Path) -> None:
    unit = tmp_path / "pmkg.service"
    unit.write_text(UNIT.replace("/opt/pmkg/.venv/bin/pmkg", "/bin/true"), "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "pmkg.service" not in done.stderr, done.stderr
    security = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=30", str(unit)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert security.returncode == 0, security.stdout[-400:]
