"""What a column of a line image may show: the classes of the line network, in the order of its outputs."""

from __future__ import annotations

from pipeline.types import N_DIGITS

NOTHING = N_DIGITS
"""No ink's middle."""

SPACE = N_DIGITS + 1
"""The space between two numbers."""

SIGNS = "/-.,:()+=%$"
"""Signs known by name; a minus and a hyphen are one, and so are a point, a decimal point and a thousands point."""

POINTS = ".,"
"""Signs that stand inside a number; all others part two."""

FIRST_SIGN = N_DIGITS + 2

OTHER = FIRST_SIGN + len(SIGNS)
"""A letter, a word, or any other mark."""

STRUCK = OTHER + 1
"""What a pen stroke crosses out, digits too."""

COLUMN_CLASSES = (*"0123456789", "nothing", "space", *SIGNS, "letter or mark", "struck out")
"""Names of the classes."""


def class_of_sign(text: str) -> int:
    """Return the class of a sign; `OTHER` for what has no name of its own."""
    return FIRST_SIGN + SIGNS.index(text) if len(text) == 1 and text in SIGNS else OTHER
