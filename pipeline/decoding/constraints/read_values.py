"""The numbers of a file of values: one a line, a header over them or none."""

from __future__ import annotations

import os

from pipeline.decoding.constraints.constraint import keep_digits
from pipeline.errors import ConstraintError
from pipeline.regular_files import read_regular

_MOST_BYTES = 1 << 26
"""Of a file of values: a few million numbers."""

_SEPARATORS = ";\t"
"""Between the columns of a table; a comma may stand inside a number."""


def read_values(path: str | os.PathLike[str]) -> tuple[str, ...]:
    """Return the numbers of a text file, one a line, as they are written there; signs and leading zeros are kept.

    Empty lines are skipped, quotes around a number are dropped, and a first line with a letter, or without a digit, is
    a header.

    Raises
    ------
    ConstraintError
        If the file cannot be read, holds no number, or a line of it is none.
    """
    try:
        text = read_regular(path, _MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConstraintError(f"{path}: it is no text in UTF-8", "save it as CSV in UTF-8") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConstraintError(f"{path}: it cannot be read ({why})", "name a file with one number a line") from error
    values = []
    for number, line in enumerate(text.splitlines(), start=1):
        value = line.strip().strip('"').strip()
        is_plain = value.isprintable() and not any(char.isalpha() or char in _SEPARATORS for char in value)
        is_number = is_plain and bool(keep_digits(value))
        if is_number:
            values.append(value)
        elif value and number > 1:
            raise ConstraintError(f"{path}, line {number}: {value[:40]!r} is no number", "give one number a line")
        elif any(char in _SEPARATORS or char == "," for char in value):
            raise ConstraintError(f"{path}: it has more than one column", "give one number a line, in one column")
    if not values:
        raise ConstraintError(f"{path}: it holds no number", "give one number a line")
    return tuple(dict.fromkeys(values))
