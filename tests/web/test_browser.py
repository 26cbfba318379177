"""The home page as a person uses it, in Chromium, with every address outside this machine blocked."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from graph.names import BASE, shorten
from graph.project import ROOT
from tests.web.conftest import Server, eventually
from web.examples import Example, examples

pytestmark = pytest.mark.browser

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
TRIALS = f"""PREFIX def: <{BASE}def/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?trial ?name ?passage WHERE {{
  GRAPH ?passage {{ ?trial def:investigates ?disease }}
  ?disease rdfs:label ?name
}} ORDER BY ?passage
"""
# Texts whose contrast with what is behind them is less than 4.5 (WCAG 2.2 AA), as "element: ratio".
CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
EDITOR = "document.querySelector('.yasqe .CodeMirror').CodeMirror"


def missing() -> str:
    """What a browser test lacks here, or ''."""
    if chromium() is None:
        return "there is no Chromium: set CHROMIUM or install it"
    if not (ROOT / "web/static/vendor/yasgui.min.js").exists():
        return "the page's assets are not installed: pip install -e ."
    return ""


def chromium() -> str | None:
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if reason := missing():
        if os.environ.get("PMKG_REQUIRE_BROWSER") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield found
        found.close()


@contextmanager
def opened(browser: Any, server: Server, path: str = "/", expect_errors: bool = False, **options: Any) -> Iterator[Any]:
    """A page in a fresh profile; fails on a console error, and on any request that would leave this machine."""
    outside: list[str] = []
    errors: list[str] = []

    def guard(route: Any) -> None:
        if route.request.url.startswith((server.url + "/", "data:", "blob:")):
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    context = browser.new_context(**options)
    context.set_default_timeout(15_000)
    context.route("**/*", guard)
    page = context.new_page()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    try:
        page.goto(server.url + path)
        if path.startswith("/?") or path == "/":
            page.wait_for_selector("html[data-ready]")
        yield page
        assert outside == []
        assert errors == [] or expect_errors, errors
    finally:
        context.close()


def rows(page: Any) -> list[list[str]]:
    """What the cells of the result show; a link's cell gives its address."""
    page.wait_for_selector(".yasr table.dataTable tbody tr td")
    return page.eval_on_selector_all(  # type: ignore[no-any-return]
        ".yasr table.dataTable tbody tr",
        "rows => rows.map(row => [...row.querySelectorAll('td')].filter(cell => !cell.querySelector('.rowNumber'))"
        ".map(cell => cell.innerText.trim()))",
    )


def expected(server: Server, query: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(server.query(query, "text/csv").content.decode("utf-8"))))


def an_example() -> Example:
    """The first SELECT."""
    return next(item for item in examples() if item.form == "select")


def test_an_example_is_picked_and_run_and_its_rows_are_those_of_the_endpoint(browser: Any, server: Server) -> None:
    example = an_example()
    with opened(browser, server) as page:
        page.select_option("#example", example.name)
        assert page.evaluate(f"{EDITOR}.getValue()").strip() == example.query.strip()
        page.click("#run")
        wanted = expected(server, example.query)
        eventually(lambda: page.inner_text("#outcome").startswith(f"{len(wanted):,} row"))


def test_ones_own_query_shows_the_cells_of_the_endpoints_csv(browser: Any, server: Server) -> None:
    with opened(browser, server) as page:
        page.evaluate(f"query => {EDITOR}.setValue(query)", TRIALS)
        page.click("#run")
        found = rows(page)
        wanted = [[shorten(row["trial"]), row["name"], shorten(row["passage"])] for row in expected(server, TRIALS)]
        assert found == wanted and len(found) == 2
        page.hover(".yasr table.dataTable tbody a.iri")
        assert page.get_attribute(".yasr table.dataTable tbody a.iri", "href") == "/id/i-spy-2"


def test_everything_can_be_done_with_the_keyboard_alone(browser: Any, server: Server) -> None:
    texts = {example.name: example.query.strip() for example in examples()}
    with opened(browser, server) as page:
        reach(page, "#example")
        page.keyboard.press("ArrowDown")
        eventually(lambda: page.evaluate(f"{EDITOR}.getValue()").strip() == texts.get(page.input_value("#example")))
        reach(page, "#run")
        reach(page, ".CodeMirror textarea")
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(TRIALS)
        page.keyboard.press("Control+Enter")
        assert len(rows(page)) == 2
        reach(page, ".yasr a.iri")  # Tab leaves the editor
        page.keyboard.press("Enter")


def reach(page: Any, selector: str) -> None:
    """Press Tab until something has the focus; fail if it never gets it."""
    for _ in range(60):
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {selector}")


def test_a_mistake_is_told_in_sentences_with_its_place(browser: Any, server: Server) -> None:
    with opened(browser, server, expect_errors=True) as page:  # the browser itself logs the status 400
        page.evaluate(f"{EDITOR}.setValue('SELECT *\\nWHERE {{ ?s ?p }}')")
        page.click("#run")
        text = page.inner_text(".yasr .problem")
        assert "Query syntax error (line 2, column" in text and "{" not in text.replace('"{"', "")


def test_completions_are_ours(browser: Any, server: Server) -> None:
    with opened(browser, server) as page:
        page.click("#run")
        page.evaluate(f"{EDITOR}.setValue('SELECT * {{ ?s a def:Adapt }}')")
        page.evaluate(f"{EDITOR}.focus(); {EDITOR}.setCursor(0, 25)")
        page.keyboard.press("Control+Space")
        page.wait_for_selector(".CodeMirror-hint:has-text('adaptive trial')")
        page.keyboard.press("Enter")
        eventually(lambda: "a def:AdaptiveTrial" in page.evaluate(f"{EDITOR}.getValue()"))
        assert f"PREFIX def: <{BASE}def/>" in page.evaluate(f"{EDITOR}.getValue()")


def test_an_address_can_name_an_example(browser: Any, server: Server) -> None:
    example = examples()[-1]
    with opened(browser, server, f"/?example={example.name}") as page:
        assert page.evaluate(f"{EDITOR}.getValue()").strip() == example.query.strip()


@pytest.mark.parametrize("path", ["/", "/about", "/id/i-spy-2"])
def test_dark_pages_are_dark_and_readable(browser: Any, server: Server, path: str) -> None:
    with opened(browser, server, path, color_scheme="dark") as page:
        if path == "/":
            page.evaluate(f"query => {EDITOR}.setValue(query)", TRIALS)
            page.click("#run")
            rows(page)
        assert page.evaluate(CONTRAST) == []


def test_light_pages_are_readable(browser: Any, server: Server) -> None:
    with opened(browser, server) as page:
        page.evaluate(f"query => {EDITOR}.setValue(query)", TRIALS)
        page.click("#run")
        rows(page)
        assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("path", ["/", "/about", "/id/i-spy-2", "/def/AdaptiveTrial"])
def test_nothing_scrolls_sideways_on_a_phone(browser: Any, server: Server, path: str) -> None:
    with opened(browser, server, path, viewport={"width": 320, "height": 640}) as page:
        if path == "/":
            page.evaluate(f"query => {EDITOR}.setValue(query)", TRIALS)
            page.click("#run")
            rows(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
