"""Signs: what small ink beside digits is told to be, and that without --signs nobody hears of it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.cli import main
from pipeline.decoding.marks import Mark
from pipeline.decoding.signs import name_sign, write_signs
from pipeline.geometry import Box
from pipeline.reading.read_page import read_page
from pipeline.recognition.classify import Classifier, load_classifier
from pipeline.settings.decoding import SignSettings
from pipeline.settings.tree import Settings
from pipeline.types import PAPER_LEVEL, Digit, InkMask, Page, Reading
from tests.support.drawing import draw_ink, make_reader, write_page, write_signed

SIGNED = Settings(signs=SignSettings(is_enabled=True))


@cache
def load_digits() -> Classifier:
    return load_classifier("digits")


def read(gray: np.ndarray, settings: Settings = SIGNED) -> list[str]:
    return [r.text for r in read_page(Page(gray.copy()), load_digits(), settings).readings]


TOLD = {
    # name: (left, top, right, bottom), length, breadth, tilt; the digits are 100 px high, their foot at 200
    "point": ((0, 190, 10, 200), 10, 10, 0, "."),
    "point half below the line": ((0, 195, 10, 205), 10, 10, 0, "."),
    "point pressed into a short dash": ((0, 192, 12, 199), 12, 8, 5, "."),
    "point far below the line": ((0, 225, 10, 235), 10, 10, 0, ""),
    "point at half height": ((0, 145, 10, 155), 10, 10, 0, ""),
    "blot": ((0, 160, 40, 200), 40, 40, 0, ""),
    "comma": ((0, 190, 15, 225), 36, 9, 65, ","),
    "comma that leans much": ((0, 190, 30, 215), 38, 9, 40, ","),
    "comma too long": ((0, 180, 20, 250), 70, 9, 75, ""),
    "comma that ends on the line": ((0, 178, 9, 200), 22, 9, 80, "."),
    "long stroke that ends on the line": ((0, 160, 9, 200), 40, 9, 85, ""),
    "dash on the line": ((0, 194, 40, 202), 40, 8, 3, ""),
}


@pytest.mark.parametrize(("box", "length_px", "breadth_px", "tilt_deg", "expected"), TOLD.values(), ids=TOLD)
def test_mark_between_digits(
    box: tuple[int, int, int, int], length_px: float, breadth_px: float, tilt_deg: float, expected: str
) -> None:
    mark = Mark(1, Box(*box), length_px, breadth_px, tilt_deg, 0.9)
    assert name_sign(mark, 200, 100, SignSettings()) == expected


BARS = [(100, 50, 110, 100), (140, 50, 150, 100), (180, 50, 190, 100)]
"""Three digits 50 px high, 30 px of white between them."""

DRAWN: dict[str, tuple[list[tuple[int, int, int, int]], list[str]]] = {
    "nothing": ([], ["111"]),
    "point": ([(120, 92, 129, 101)], ["1.11"]),
    "two points": ([(120, 92, 129, 101), (160, 92, 169, 101)], ["1.1.1"]),
    "comma": ([(121, 95, 127, 115)], ["1,11"]),
    "point and comma": ([(121, 95, 127, 115), (160, 92, 169, 101)], ["1,1.1"]),
    "trailing point": ([(200, 92, 209, 101)], ["111"]),
    "leading point": ([(80, 92, 89, 101)], ["111"]),
    "colon": ([(120, 92, 129, 101), (120, 65, 129, 74)], ["111"]),
    "point at half height": ([(120, 70, 129, 79)], ["111"]),
    "ellipsis": ([(113, 92, 121, 100), (127, 92, 135, 100)], ["111"]),
    "finer than the pen": ([(120, 97, 129, 100)], ["111"]),
    "minus": ([(70, 72, 92, 80)], ["-111"]),
    "minus and point": ([(70, 72, 92, 80), (120, 92, 129, 101)], ["-1.11"]),
    "dash at the foot": ([(70, 92, 92, 100)], ["111"]),
    "dash too far off": ([(10, 72, 32, 80)], ["111"]),
    "dash too long": ([(20, 72, 92, 80)], ["111"]),
    "upright bar as small": ([(82, 65, 90, 85)], ["111"]),
    "equals sign": ([(70, 62, 92, 70), (70, 80, 92, 88)], ["111"]),
    "dash behind a letter": ([(70, 72, 92, 80), (40, 60, 60, 100)], ["111"]),
    "dash far behind a letter": ([(70, 72, 92, 80), (5, 60, 25, 100)], ["-111"]),
    "dash between": ([(115, 72, 135, 80)], ["1", "11"]),
    "minus cut off by the rim": ([(0, 72, 92, 80)], ["111"]),
}


def make_bars(boxes: list[tuple[int, int, int, int]], line: int = 1) -> Reading:
    digits = tuple(Digit("1", 0.9, Box(*box)) for box in boxes)
    return Reading("1" * len(boxes), 0.9 ** len(boxes), Box.around([d.box for d in digits]), digits, line=line)


def sign(readings: list[Reading], *boxes: tuple[int, int, int, int], is_enabled: bool = True) -> tuple[Reading, ...]:
    ink = draw_ink(*boxes)
    return write_signs(readings, InkMask(ink), np.maximum(ink, PAPER_LEVEL), SignSettings(is_enabled=is_enabled))


@pytest.mark.parametrize(("marks", "expected"), DRAWN.values(), ids=DRAWN)
def test_signs_beside_three_bars(marks: list[tuple[int, int, int, int]], expected: list[str]) -> None:
    reading = make_bars(BARS)
    told = sign([reading], *BARS, *marks)
    assert [r.text for r in told] == expected
    assert [d for r in told for d in r.digits] == list(reading.digits)
    assert sign([reading], *BARS, *marks, is_enabled=False) == (reading,)


def test_number_that_came_apart_is_joined_by_its_comma() -> None:
    left, right = make_bars(BARS[:1], line=2), make_bars(BARS[1:], line=1)
    (whole,) = sign([right, left], *BARS, (121, 95, 127, 115))
    assert (whole.text, whole.line, whole.box) == ("1,11", 2, Box(100, 50, 190, 115))
    assert [d.box.left for d in whole.digits] == [100, 140, 180]
    assert whole.confidence == pytest.approx(0.9**3)
    assert [r.text for r in sign([left, right], *BARS)] == ["1", "11"]


def test_numbers_far_apart_are_not_joined() -> None:
    far = [(100, 50, 110, 100), (200, 50, 210, 100)]
    readings = [make_bars(far[:1]), make_bars(far[1:])]
    assert [r.text for r in sign(readings, *far, (120, 92, 129, 101))] == ["1", "1"]


def test_joined_number_is_as_sure_as_its_digits_together() -> None:
    halves = [make_bars(BARS[:2]), make_bars(BARS[2:])]
    (whole,) = sign(halves, *BARS, (160, 92, 169, 101))
    assert (whole.text, whole.confidence) == ("11.1", pytest.approx(0.9**3))


def test_box_of_a_number_holds_its_minus() -> None:
    (told,) = sign([make_bars(BARS)], *BARS, (70, 72, 92, 80))
    assert told.box == Box(70, 50, 190, 100)
    assert told.confidence == pytest.approx(0.9**3)


PAGES = {
    "": [],
    "12.50": ["12.50"],
    "-3": ["-3"],
    "1,234.50": ["1,234.50"],
    "3.": ["3"],
    "3,": ["3"],
    "-": [],
    "12-3": ["12", "3"],
    ".5": ["5"],
    "-7.25": ["-7.25"],
    "4,5": ["4,5"],
    "12 - 3": ["12", "3"],
    "12 -3": ["12", "-3"],
    "12:50": ["12:50"],
    "=3": ["3"],
    "12. 50": ["12", "50"],
    "3 4.5 -6": ["3", "4.5", "-6"],
}


@pytest.mark.parametrize(("text", "expected"), PAGES.items(), ids=PAGES)
def test_page_with_and_without_signs(text: str, expected: list[str]) -> None:
    page = write_signed(text)
    assert read(page) == expected
    assert "".join(read(page, Settings())) == "".join(character for character in text if character.isdigit())


SAME: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "enlarged": lambda page: cv2.resize(page, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC),
    "reduced": lambda page: cv2.resize(page, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA),
    "inverted": lambda page: 255 - page,
    "darker": lambda page: page // 3,
    "sloping": lambda page: cv2.warpAffine(
        page, cv2.getRotationMatrix2D((210, 80), -6, 1), page.shape[::-1], borderValue=225
    ),
    "sensor noise": lambda page: np.clip(page + np.random.default_rng(0).normal(0, 6, page.shape), 0, 255).astype(
        np.uint8
    ),
}


@pytest.mark.parametrize("change", SAME.values(), ids=SAME)
def test_same_signs_whatever_the_picture(change: Callable[[np.ndarray], np.ndarray]) -> None:
    assert [read(change(write_signed(text))) for text in ("-7.25", "1,234.50")] == [["-7.25"], ["1,234.50"]]


def test_page_without_signs_reads_the_same() -> None:
    page = write_page("4207 1936", "58 0617", size_px=(460, 300))
    assert read(page) == read(page, Settings()) == ["4207", "1936", "58", "0617"]


def test_digits_are_the_same_with_signs() -> None:
    page = write_signed("-7.25 4,5")
    plain, signed = (read_page(Page(page.copy()), load_digits(), s).readings for s in (Settings(), SIGNED))
    assert repr([d for r in plain for d in r.digits]) == repr([d for r in signed for d in r.digits])


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=24)), st.sampled_from([1, 5, 12]))
def test_any_page_is_read_without_a_crash(gray: np.ndarray, times: int) -> None:
    page = Page(np.kron(gray, np.ones((times, times), np.uint8)))
    for reading in read_page(page, make_reader(), SIGNED).readings:
        assert "".join(c for c in reading.text if c not in "-.,") == "".join(d.text for d in reading.digits)
        assert reading.text[-1].isdigit()


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "signs.png"
    cv2.imwrite(str(path), write_signed("-7.25 4,5"))
    return str(path)


@pytest.mark.usefixtures("alone")
def test_command_line_in_every_format(photo: str, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*flags: str) -> str:
        assert main([photo, "-q", "--reject-below", "0", *flags]) == 0
        return capsys.readouterr().out

    assert run("--signs") == f"{photo}: -7.25 4,5\n"
    assert run().replace(" ", "") == f"{photo}:72545\n"
    (page,) = json.loads(run("--signs", "--format", "json"))
    assert page == replace_seconds(json.loads(run("--signs", "--format", "jsonl")), page)
    assert [n["text"] for n in page["numbers"]] == ["-7.25", "4,5"]
    assert [[d["text"] for d in n["digits"]] for n in page["numbers"]] == [["7", "2", "5"], ["4", "5"]]
    assert "signs" in page["seconds"]
    rows = list(csv.DictReader(io.StringIO(run("--signs", "--format", "csv"))))
    assert [row["number"] for row in rows] == ["-7.25", "4,5"]
    assert "signs" not in json.loads(run("--format", "jsonl"))["seconds"]


def replace_seconds(page: dict, other: dict) -> dict:
    return {**page, "seconds": other["seconds"]}


@pytest.mark.usefixtures("alone")
def test_settings_file_can_ask_for_signs(photo: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = tmp_path / "signs.toml"
    asked.write_text("[signs]\nis_enabled = true\n")
    assert main([photo, "-q", "--reject-below", "0", "--settings", str(asked)]) == 0
    assert capsys.readouterr().out.endswith(": -7.25 4,5\n")
    assert replace(Settings(), signs=SignSettings(is_enabled=True)) == Settings.from_file(asked)
