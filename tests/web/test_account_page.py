"""The account page in a real browser: its forms work under its own policy, and its colours can be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.web.conftest import make_generation, running
from tests.web.issuer import CLIENT, SECRET, local_issuer
from tests.web.test_browser import CONTRAST, browser, opened

__all__ = ["browser"]

pytestmark = pytest.mark.browser


def test_a_person_makes_and_revokes_a_token_and_logs_out(browser: Any, tmp_path: Path) -> None:
    make_generation(tmp_path)
    with (
        local_issuer() as issuer,
        running(tmp_path, oidc_issuer=issuer.url, oidc_client_id=CLIENT, oidc_client_secret=SECRET) as server,
        opened(browser, server) as page,
    ):
        page.click("text=Account")
        page.fill("#name", "my notebook")
        page.click("text=Make a token")
        assert page.inner_text("pre").startswith("pmkg_")
        assert page.evaluate(CONTRAST) == []
        page.click("text=Revoke my notebook")
        page.wait_for_selector("text=reader, revoked")
        page.click("text=Log out here")
        page.wait_for_url(server.url + "/")
