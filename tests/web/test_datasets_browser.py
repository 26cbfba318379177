"""The list of datasets, a dataset and a report as a person uses them, in Chromium."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.conftest import Server, eventually, running
from tests.web.test_browser import CONTRAST, browser, opened, reach  # noqa: F401 - a fixture
from tests.web.test_datasets import HOSTILE, TUMOURS, make_catalogues

pytestmark = pytest.mark.browser

PAGES = {"list": "/datasets", "dataset": TUMOURS, "hostile": HOSTILE, "form": "/validate"}
RECORD = """@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dcterms: <http://purl.org/dc/terms/> .
<https://records.example.org/x> a dcat:Dataset ; dcterms:title "<img src=x onerror=alert(1)>Ward round"@en .
"""
FOCUS = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""


@pytest.fixture(scope="module")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("shown")
    make_catalogues(home)
    with running(home) as server:
        yield server


def screen(page: Any, name: str) -> None:
    """Keep what a person would see, where somebody wants to look at it."""
    if folder := os.environ.get("PMKG_SCREENS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def validated(page: Any, text: str) -> None:
    page.fill("#text", text)
    page.click("button.run")
    page.wait_for_selector("#report, .problem")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_readable(browser: Any, catalogues: Server, name: str, scheme: str) -> None:  # noqa: F811
    with opened(browser, catalogues, PAGES[name], color_scheme=scheme) as page:
        screen(page, f"{name}-{scheme}")
        assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("width", [320, 360])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_scrolls_sideways_on_a_phone(browser: Any, catalogues: Server, name: str, width: int) -> None:  # noqa: F811
    with opened(browser, catalogues, PAGES[name], viewport={"width": width, "height": 740}) as page:
        screen(page, f"{name}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", ["/datasets", HOSTILE])
def test_nothing_of_a_record_runs(browser: Any, catalogues: Server, path: str) -> None:  # noqa: F811
    with opened(browser, catalogues, path) as page:
        dialogs: list[str] = []

        def note(dialog: Any) -> None:
            dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("dialog", note)
        page.wait_for_load_state("networkidle")
        assert dialogs == [] and "taken" not in page.title()
        assert page.eval_on_selector_all("main script, main svg, main img, main iframe", "found => found.length") == 0


def test_datasets_are_found_without_javascript_and_without_a_mouse(browser: Any, catalogues: Server) -> None:  # noqa: F811
    with opened(browser, catalogues, "/datasets", java_script_enabled=False) as page:
        page.focus("#q")
        page.keyboard.type("transkriptom")
        page.keyboard.press("Enter")
        page.wait_for_url("**/datasets?q=transkriptom**")
        assert page.inner_text("#found").startswith("1 dataset")


def test_facets_are_chosen_and_left_with_the_keyboard_alone(browser: Any, catalogues: Server) -> None:  # noqa: F811
    with opened(browser, catalogues, "/datasets") as page:
        reach(page, '.facets a[href*="disease=breast-cancer"]')
        assert page.evaluate(FOCUS)
        page.keyboard.press("Enter")
        page.wait_for_selector('.facets a.chosen[aria-current="true"]')
        eventually(lambda: page.inner_text("#found").startswith("3 datasets"))
        reach(page, '.facets a[href*="access=non-public"]')
        page.keyboard.press("Enter")
        eventually(lambda: page.inner_text("#found").startswith("1 dataset"))
        reach(page, ".chosen-values a")
        assert page.evaluate(FOCUS)
        page.keyboard.press("Enter")
        eventually(lambda: page.inner_text("#found").startswith("1 dataset") and "disease" not in page.url)
        reach(page, ".datasets h3 a")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{TUMOURS}")
        assert page.inner_text("h1") == "Breast tumour transcriptomes"


def test_what_is_folded_is_unfolded_with_the_keyboard(browser: Any, catalogues: Server) -> None:  # noqa: F811
    with opened(browser, catalogues, TUMOURS) as page:
        assert not page.is_visible(".mends")
        reach(page, "summary:has-text('What we mended')".replace(":has-text('What we mended')", ":has(+ .mends)"))
        assert page.evaluate(FOCUS)
        page.keyboard.press("Enter")
        assert "file-type/CSV" in page.inner_text(".mends")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_is_readable_and_says_what_to_mend(browser: Any, catalogues: Server, scheme: str) -> None:  # noqa: F811
    with opened(browser, catalogues, "/validate", color_scheme=scheme) as page:
        validated(page, RECORD)
        screen(page, f"report-{scheme}")
        assert "Ward round" in page.inner_text("#report") and "Does not conform" in page.inner_text("#report")
        assert page.eval_on_selector_all(".mending li", "found => found.length") > 5
        for part in page.query_selector_all("#report summary"):
            part.click()
        assert page.evaluate(CONTRAST) == []


def test_a_report_fits_a_phone(browser: Any, catalogues: Server) -> None:  # noqa: F811
    with opened(browser, catalogues, "/validate", viewport={"width": 360, "height": 740}) as page:
        validated(page, RECORD)
        for part in page.query_selector_all("#report summary"):
            part.click()
        screen(page, "report-360")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_file_is_validated_without_javascript(browser: Any, catalogues: Server, tmp_path: Path) -> None:  # noqa: F811
    file = tmp_path / "ward.ttl"
    file.write_text(RECORD, "utf-8")
    with opened(browser, catalogues, "/validate", java_script_enabled=False) as page:
        page.set_input_files("#file", str(file))
        page.click("button.run")
        page.wait_for_selector("#report")
        assert "ward.ttl" in page.inner_text("#report h2")


def test_a_broken_document_is_shown_with_its_line_and_kept_in_the_form(browser: Any, catalogues: Server) -> None:  # noqa: F811
    with opened(browser, catalogues, "/validate", expect_errors=True) as page:  # the browser logs the status 400
        validated(page, RECORD + "<x> oops\n")
        assert "Line 3" in page.inner_text(".problem") and "oops" in page.inner_text(".problem code")
        assert "oops" in page.input_value("#text")
