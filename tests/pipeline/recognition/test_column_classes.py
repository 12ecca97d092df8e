"""The classes of the line network, by name and by number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.recognition.column_classes import (
    COLUMN_CLASSES,
    FIRST_SIGN,
    NOTHING,
    OTHER,
    SIGNS,
    SPACE,
    STRUCK,
    class_of_sign,
)

TOP = Path(__file__).resolve().parents[3]


def test_each_class_has_a_name_of_its_own() -> None:
    assert len(set(COLUMN_CLASSES)) == len(COLUMN_CLASSES) == STRUCK + 1
    assert [COLUMN_CLASSES[at] for at in (0, 9, NOTHING, SPACE)] == ["0", "9", "nothing", "space"]
    assert COLUMN_CLASSES[FIRST_SIGN:OTHER] == tuple(SIGNS)
    assert [COLUMN_CLASSES[at] for at in (OTHER, STRUCK)] == ["letter or mark", "struck out"]


@pytest.mark.parametrize("text", [*SIGNS, "x", "kg", "", "/-"])
def test_sign_has_its_class_and_what_is_none_is_a_mark(text: str) -> None:
    assert COLUMN_CLASSES[class_of_sign(text)] == (text if len(text) == 1 and text in SIGNS else "letter or mark")


def test_card_of_the_shipped_network_names_the_same() -> None:
    card = json.loads((TOP / "models" / "lines" / "card.json").read_text("utf-8"))
    assert tuple(card["classes"]) == COLUMN_CLASSES
