"""What stands on papers: as many words and digits as asked, entries of every kind."""

from __future__ import annotations

import re

import numpy as np
import pytest

from train.synthesis.documents.vocabulary import WORDS, make_digits, make_entry, make_phrase, pick


@pytest.mark.parametrize(("least", "most"), [(1, 1), (2, 5), (6, 12)])
def test_digits_are_as_many_as_asked(least: int, most: int) -> None:
    rng = np.random.default_rng(0)
    texts = [make_digits(rng, least, most) for _ in range(80)]
    assert {len(text) for text in texts} == set(range(least, most + 1))
    assert all(text.isdecimal() for text in texts)


def test_phrases_are_of_known_words() -> None:
    rng = np.random.default_rng(0)
    phrases = [make_phrase(rng, 3).split(" ") for _ in range(40)]
    assert {len(words) for words in phrases} == {1, 2, 3}
    assert {word for words in phrases for word in words} <= set(WORDS)


def test_each_word_is_picked() -> None:
    rng = np.random.default_rng(0)
    assert {pick(("a", "b", "c"), rng) for _ in range(40)} == {"a", "b", "c"}


@pytest.mark.parametrize(
    "pattern",
    [
        r"\d\d?([/.-])\d\d?\1(\d\d|(19|20)\d\d)",
        r"\d\d?:\d\d",
        r"\d{1,3},\d{3}(\.\d\d)?",
        r"\(\d{3}\) \d{3}-\d{4}",
        r"\d\d?/\d\d?",
        r"\d{1,4}\.\d\d?",
        r"\d{1,3} [+x-] \d{1,3} = \d{1,4}",
        r"\d{1,3} > \d{1,3}",
        r"\d{1,4} [a-zA-Z]+",
        r"\d{2,6}/-",
    ],
    ids=["date", "time", "thousands", "phone", "fraction", "decimal", "sum", "arrow", "unit", "amount"],
)
def test_entries_of_each_kind_are_made(pattern: str) -> None:
    rng = np.random.default_rng(0)
    assert any(re.fullmatch(pattern, make_entry(rng)) for _ in range(1000))
