"""The editor shows how long a query has run, and its stop button ends the query on the server too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.web.conftest import eventually, running
from tests.web.test_browser import browser, opened
from tests.web.test_queries import SLOW, listed

__all__ = ["browser"]
pytestmark = pytest.mark.browser


def test_a_running_query_shows_its_seconds_and_can_be_stopped(home: Path, browser: Any) -> None:
    with running(home, query_seconds=60) as server, opened(browser, server, expect_errors=True) as page:
        assert page.is_disabled("#stop")
        page.evaluate("text => void document.getElementById('yasgui').yasgui.getTab().setQuery(text)", SLOW)
        page.click("#run")
        eventually(lambda: len(listed(server)) == 1)
        eventually(lambda: re.match(r"[1-9]", page.inner_text("#clock")) is not None)
        page.click("#stop")
        eventually(lambda: listed(server) == [])
        eventually(lambda: page.inner_text("#outcome") == "Stopped.")
        assert page.is_disabled("#stop")
        assert re.fullmatch(r"\d+\.\d s", page.inner_text("#clock"))
