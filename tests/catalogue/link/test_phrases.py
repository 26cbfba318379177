"""Finding phrases in one pass: the trie finds what a search of each phrase at each place finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from graph.catalogue.link.phrases import Phrases
from graph.catalogue.link.words import is_form_of, stem, tokens

WORDS = st.lists(st.sampled_from("abc"), max_size=4)


@given(phrases=st.lists(WORDS.filter(bool), max_size=6), text=st.lists(st.lists(st.sampled_from("abc")), max_size=10))
def test_it_finds_each_phrase_wherever_it_stands(phrases: list[list[str]], text: list[list[str]]) -> None:
    found = Phrases[int]()
    for number, phrase in enumerate(phrases):
        found.add(phrase, number)
    expected = {
        (first, first + len(phrase), number)
        for number, phrase in enumerate(phrases)
        for first in range(len(text) - len(phrase) + 1)
        if all(word in text[first + at] for at, word in enumerate(phrase))
    }
    assert {tuple(span) for span in found.find(text)} == expected


def test_an_empty_phrase_is_found_nowhere() -> None:
    found = Phrases[str]()
    found.add([], "nothing")
    assert list(found.find([["a"], ["b"]])) == []


@given(text=st.text())
def test_tokens_stand_where_they_say(text: str) -> None:
    for token in tokens(text):
        assert text[token.start : token.end] == token.text


@given(word=st.text(min_size=1), language=st.sampled_from(["en", "de", "fr", "xx"]))
def test_any_word_has_a_stem_and_is_a_form_of_itself(word: str, language: str) -> None:
    assert isinstance(stem(word, language), str)
    assert is_form_of(word, word)
