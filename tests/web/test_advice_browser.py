"""The advice beside the editor as a person uses it, in Chromium."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.conftest import Server, eventually
from tests.web.test_browser import CONTRAST, EDITOR, browser, opened, reach, rows  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser

TYPO = "SELECT * {\n  ?trial def:investigate ?disease\n}"
EMPTY = "SELECT * {\n  ?disease def:investigates ?trial .\n  ?disease a def:Disease\n}"


def write(page: Any, query: str) -> None:
    page.evaluate(f"query => {EDITOR}.setValue(query)", query)


def written(page: Any) -> str:
    return str(page.evaluate(f"{EDITOR}.getValue()"))


def test_the_check_shows_a_mistake_and_mends_it(browser: Any, server: Server) -> None:  # noqa: F811
    with opened(browser, server) as page:
        write(page, TYPO)
        page.click("#check")
        page.wait_for_selector(".advice:not([hidden]) .advice-list")
        assert "Line 2, column 10" in page.inner_text(".advice")
        page.click(".advice .use:has-text('def:investigates')")
        eventually(lambda: written(page) == TYPO.replace("investigate", "investigates"))
        page.click("#run")
        assert len(rows(page)) == 1


def test_an_empty_answer_offers_to_say_why_with_the_keyboard_alone(browser: Any, server: Server) -> None:  # noqa: F811
    with opened(browser, server) as page:
        write(page, EMPTY)
        page.click("#run")
        page.wait_for_selector("#why:not([hidden])")
        reach(page, "#why")
        page.keyboard.press("Enter")
        page.wait_for_selector(".advice:not([hidden]) .use")
        assert "the other way round" in page.inner_text(".advice")
        reach(page, ".advice .use")
        page.keyboard.press("Enter")
        eventually(lambda: "^def:investigates" in written(page))


def test_a_mistake_is_told_while_the_query_runs_and_a_good_one_is_left_alone(browser: Any, server: Server) -> None:  # noqa: F811
    with opened(browser, server) as page:
        write(page, TYPO)
        page.click("#run")
        page.wait_for_selector(".advice:not([hidden]) .advice-list")
        write(page, "SELECT * { ?trial def:investigates ?disease }")
        page.click("#run")
        rows(page)
        eventually(lambda: not page.is_visible(".advice") and not page.is_visible("#why"))


def test_a_query_that_changed_since_is_not_overwritten(browser: Any, server: Server) -> None:  # noqa: F811
    with opened(browser, server) as page:
        write(page, TYPO)
        page.click("#check")
        page.wait_for_selector(".advice .use")
        write(page, "ASK {}")
        page.click(".advice .use >> nth=0")
        assert written(page) == "ASK {}" and "has changed" in page.inner_text(".advice-status")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_advice_is_readable(browser: Any, server: Server, scheme: str) -> None:  # noqa: F811
    with opened(browser, server, color_scheme=scheme) as page:
        write(page, TYPO)
        page.click("#check")
        page.wait_for_selector(".advice .use")
        assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("path", ["/", "/advice?query=SELECT%20*%20%7B%3Ft%20def%3Ainvestigate%20%3Fd%7D"])
def test_advice_fits_a_phone(browser: Any, server: Server, path: str) -> None:  # noqa: F811
    with opened(browser, server, path, viewport={"width": 320, "height": 640}) as page:
        if path == "/":
            write(page, TYPO)
            page.click("#check")
            page.wait_for_selector(".advice .use")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
