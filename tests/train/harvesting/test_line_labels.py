"""Lines to learn from: what each column is told to show, by eye and on pages of known truth."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import InputError
from pipeline.recognition.column_classes import COLUMN_CLASSES, OTHER, SIGNS, SPACE, STRUCK, class_of_sign
from tests.train.harvesting.test_harvest import join_truth, make_truth, write_truth
from train.datasets.harvested_lines import IGNORED, Lines, concatenate_lines, load_lines, name_arrays
from train.harvesting.harvest import harvest_page
from train.harvesting.line_labels import label_columns

Digits = list[tuple[float, float, int, int]]

SLASH, POINT = class_of_sign("/"), class_of_sign(".")

# one character a column: a digit, " " nothing, "_" space, a sign, "a" a letter, "x" struck out, "?" untold
BY_EYE: dict[str, tuple[Digits, str]] = {
    "nothing": ([], "                "),
    "one digit": ([(1, 5, 7, 0)], " ?77?           "),
    "two of one number": ([(1, 5, 7, 0), (9, 13, 3, 0)], " ?77?    ?33?   "),
    "two numbers": ([(1, 5, 7, 0), (9, 13, 3, 1)], " ?77? __ ?33?   "),
    "touching": ([(0, 4, 5, 0), (4, 8, 6, 0)], "?55??66?        "),
    "touching, alike": ([(0, 4, 5, 0), (4, 8, 5, 0)], "?55? 55?        "),
    "narrow": ([(4, 4.5, 1, 0)], "   ?1?          "),
    "nobody can tell it": ([(2, 6, IGNORED, 0)], "  ????          "),
    "at both rims": ([(-2, 2, 4, 0), (14, 18, 9, 0)], "4?            ?9"),
    "beside one that nobody can tell": ([(1, 5, IGNORED, 0), (4, 8, 2, 0)], " ????22?        "),
    "sign between": ([(1, 5, 7, 0), (6, 8, SLASH, -2), (9, 13, 3, 1)], " ?77? // ?33?   "),
    "point close to both": ([(1, 5, 7, 0), (5, 6, POINT, -2), (6, 10, 3, 1)], " ?77?.?33?      "),
    "sign behind a space": ([(1, 3, 7, 0), (12, 14, SLASH, -2)], "?77? _____  //  "),
    "word": ([(2, 12, OTHER, -2)], "  ?aaaaaaaa?    "),
    "word beside a digit": ([(0, 4, 4, 0), (4, 14, OTHER, -2)], "?44??aaaaaaaa?  "),
    "struck digit": ([(1, 7, STRUCK, -2)], " ?xxxx?         "),
}


def format_columns(columns: np.ndarray) -> str:
    return "".join(f"0123456789 _{SIGNS}ax?"[column] for column in columns)


@pytest.mark.parametrize(("digits", "expected"), BY_EYE.values(), ids=BY_EYE)
def test_columns_by_eye(digits: Digits, expected: str) -> None:
    columns = label_columns(16, digits)
    assert columns.dtype == np.int8
    assert format_columns(columns) == expected


@given(st.integers(1, 60), st.lists(st.tuples(st.floats(-5, 60), st.floats(0, 12), st.integers(-1, 9)), max_size=6))
def test_columns_show_what_stands_there_or_nothing(n_columns: int, drawn: list[tuple[float, float, int]]) -> None:
    digits = sorted((start, start + width, label, at // 2) for at, (start, width, label) in enumerate(drawn))
    columns = label_columns(n_columns, digits)
    assert len(columns) == n_columns
    assert set(columns.tolist()) <= {IGNORED, 10, SPACE} | {label for _, _, label, _ in digits}


def list_runs(columns: np.ndarray) -> list[int]:
    """Return the digits of the runs of columns, as reading counts them."""
    return [int(kind) for kind, _ in groupby(columns) if 0 <= kind < 10]


@pytest.mark.parametrize("text", ["20358", "0022", "7"])
def test_columns_of_a_written_line_hold_its_digits(text: str) -> None:
    _, lines, _ = harvest_page(write_truth(text))
    assert lines.widths.sum() == lines.pixels.shape[1] == 2 * len(lines.columns)
    first = lines.columns[: lines.widths[0] // 2]
    assert "".join(map(str, list_runs(first))) == text
    assert SPACE not in first


def test_touching_digits_are_reported_apart_and_spaces_labelled() -> None:
    truth = join_truth(write_truth("0258"))
    _, lines, _ = harvest_page(truth)
    assert list_runs(lines.columns[: lines.widths[0] // 2]) == [0, 2, 5, 8]
    apart = make_truth(truth.photo, truth.owner, truth.labels, truth.kinds)
    object.__setattr__(apart, "groups", (0, 0, 1, 1))
    columns = harvest_page(apart)[1].columns
    spaces = np.flatnonzero(columns == SPACE)
    assert len(spaces) and np.flatnonzero(columns == 2).max() < spaces.min()
    assert spaces.max() < np.flatnonzero(columns == 5).min()


def test_digit_that_the_rim_cuts_and_letters_are_ignored() -> None:
    truth = write_truth("0258")
    _, lines, _ = harvest_page(make_truth(truth.photo, truth.owner, (0, 2, 10, 8), ("digit", "cut", "letter", "digit")))
    assert list_runs(lines.columns[: lines.widths[0] // 2]) == [0, 8]
    assert (lines.columns == IGNORED).any()


def test_page_without_ink_has_no_lines() -> None:
    negative = make_truth(np.full((80, 120), 220, np.uint8), np.zeros((80, 120)), (), ())
    _, lines, losses = harvest_page(negative)
    assert (lines.pixels.shape, lines.columns.shape, lines.widths.shape, losses) == ((32, 0, 2), (0,), (0,), [])


def make_lines(*widths: int) -> Lines:
    n = sum(widths)
    columns = (np.arange(n // 2) % len(COLUMN_CLASSES)).astype(np.int8)
    return Lines(np.full((32, n, 2), 7, np.uint8), columns, np.array(widths))


def test_lines_are_laid_end_to_end() -> None:
    both = concatenate_lines([make_lines(4, 6), make_lines(), make_lines(8)])
    assert both.widths.tolist() == [4, 6, 8]
    assert both.columns.tolist() == [0, 1, 2, 3, 4, 0, 1, 2, 3]
    assert both.pixels.shape == (32, 18, 2)
    assert concatenate_lines([]).pixels.shape == (32, 0, 2)


def test_lines_come_back_from_the_shards_of_their_part(tmp_path: Path) -> None:
    for name, lines in (
        ("train-0000", make_lines(4)),
        ("train-0001", make_lines(6, 2)),
        ("validation-0000", make_lines(8)),
    ):
        np.savez_compressed(tmp_path / f"{name}.npz", **name_arrays(lines))
    assert load_lines(tmp_path, "train").widths.tolist() == [4, 6, 2]
    assert load_lines(tmp_path, "validation").columns.tolist() == [0, 1, 2, 3]


def test_folder_without_lines_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no harvest with lines"):
        load_lines(tmp_path, "train")
    np.savez(tmp_path / "train-0000.npz", **name_arrays(make_lines()))
    with pytest.raises(InputError, match="holds no harvest with lines"):
        load_lines(tmp_path, "train")
    np.savez(tmp_path / "validation-0000.npz", images=np.zeros((1, 28, 28), np.uint8))
    with pytest.raises(InputError, match=r"validation-0000\.npz: holds no lines"):
        load_lines(tmp_path, "validation")
