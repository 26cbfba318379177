"""The settings table: one default, one environment variable and one sentence for each setting."""

from __future__ import annotations

from dataclasses import fields

import pytest

from graph.errors import SettingError
from graph.project import ROOT
from graph.settings import Settings, variable


def test_an_empty_environment_gives_the_defaults() -> None:
    assert Settings.from_environment({}) == Settings()


def test_each_setting_is_read_from_its_variable() -> None:
    settings = Settings.from_environment(
        {"PMKG_PORT": "8080", "PMKG_UNION_DEFAULT_GRAPH": "0", "PMKG_HOME": "elsewhere", "PMKG_QUERY_SECONDS": "0.5"}
    )
    assert (settings.port, settings.union_default_graph, settings.home.name) == (8080, False, "elsewhere")
    assert settings.query_seconds == 0.5


@pytest.mark.parametrize(
    ("name", "value"),
    [("PMKG_PORT", "http"), ("PMKG_PORT", "-1"), ("PMKG_UNION_DEFAULT_GRAPH", "yes"), ("PMKG_READERS", "0")],
)
def test_a_wrong_value_is_refused_and_says_what_to_set(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=f"{name} is '?{value}'?.* Set it to"):
        Settings.from_environment({name: value})


def test_the_readme_lists_every_setting_with_its_default() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for item in fields(Settings):
        default = {True: "1", False: "0", "": "empty"}.get(item.default, str(item.default))
        assert f"| `{variable(item.name)}` | {default} | {item.metadata['help']} |" in readme
