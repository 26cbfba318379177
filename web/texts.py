"""Texts of records as people read and search them: strangers' words flow in; plain ones, and safe links, flow out."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence

Texts = tuple[tuple[str, str], ...]  # each with its language, '' for none
_UNDECOMPOSED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"})
_INLINE = re.compile(r"</?(?:a|abbr|b|code|em|font|i|img|small|span|strong|sub|sup|u)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BLOCK = re.compile(
    r"</?(?:p|br|div|dl|dt|dd|h[1-6]|hr|li|ol|ul|pre|section|table|tbody|td|th|thead|tr)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
_HIDDEN = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
LINKABLE = re.compile(r"(?:https?://[^\s/?#]+|mailto:[^\s@]+@[^\s@]+)[^\s]*", re.IGNORECASE)


def folded(text: str) -> str:
    """A text as it is searched: without case, accents and ligatures.

    >>> folded("Données de SANTÉ, Ødegård & Straße")
    'donnees de sante, odegard & strasse'
    """
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).translate(_UNDECOMPOSED)


def best(texts: Texts, languages: Sequence[str] = ("en",)) -> tuple[str, str]:
    """The text in the first of these languages that there is one in, then English, then none, then any.

    >>> best((("de", "Krebs"), ("en", "cancer")), ["nl", "de-AT"])
    ('de', 'Krebs')
    """
    for language in (*languages, "en", ""):
        wanted = language.partition("-")[0].lower()
        for given, text in texts:
            if given.partition("-")[0].lower() == wanted:
                return given, text
    return texts[0] if texts else ("", "")


def plain(text: str) -> str:
    r"""A text of a record without the markup that some hold, which is no text for people.

    >>> plain("<p>Cancer &amp; more</p><p>for p < 0.05</p>")
    'Cancer & more\n\nfor p < 0.05'
    """
    if "<" in text:
        text = _INLINE.sub("", _BLOCK.sub("\n", _HIDDEN.sub("", text)))
    if "&" in text:
        text = html.unescape(text)
    return re.sub(r"\n\s*\n+", "\n\n", re.sub(r"[ \t\r\f\v\xa0]+", " ", text)).strip()


def link(address: str) -> str:
    """The address where it may be a link, and '' where not.

    >>> link("javascript:alert(1)"), link("https://example.org/a")
    ('', 'https://example.org/a')
    """
    return address if LINKABLE.fullmatch(address) else ""
