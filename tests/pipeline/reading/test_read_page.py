"""The spine: a page in, its numbers out; the same whatever the light, place, size, turn or polarity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.decoding.constraints.constraint import Constraint
from pipeline.geometry import Box
from pipeline.ink.illumination import measure_polarity
from pipeline.reading.read import read
from pipeline.reading.read_page import read_page
from pipeline.recognition.classify import Classifier, load_classifier
from pipeline.recognition.line_network import LineNetwork
from pipeline.settings.decoding import DecodeSettings
from pipeline.settings.layout import OrientationSettings
from pipeline.settings.tree import Settings
from pipeline.types import DigitScores, InkMask, Page, PageReading
from tests.support.drawing import capture_stages, make_reader, read_texts, see_ones, write_page

ROWS = ("4207 1936", "58 0617", "2849 35")
TEXTS = " ".join(ROWS).split()
PAGE = write_page(*ROWS, size_px=(480, 320))


@pytest.fixture(scope="module", params=["steady hand", "digits"])
def classifier(request: pytest.FixtureRequest) -> Classifier:
    return make_reader() if request.param == "steady hand" else load_classifier(request.param)


def check(result: PageReading) -> None:
    """Check what holds of every reading of every page."""
    width, height = result.size_px
    assert sum(s for stage, s in result.seconds.items() if stage != "total") == pytest.approx(result.seconds["total"])
    assert [r.line for r in result.readings] == sorted(r.line for r in result.readings)
    for reading in result.readings:
        assert len(reading.text) == len(reading.digits) > 0
        for box in (reading.box, *[digit.box for digit in reading.digits]):
            assert 0 <= box.left < box.right <= width and 0 <= box.top < box.bottom <= height


SQUARES = np.indices((96, 128))
BLANK = {
    "white": np.full((90, 120), 255, np.uint8),
    "black": np.zeros((90, 120), np.uint8),
    "gray": np.full((90, 120), 128, np.uint8),
    "1 x 1": np.zeros((1, 1), np.uint8),
    "1 row": np.full((1, 300), 200, np.uint8),
    "1 column": np.full((300, 1), 60, np.uint8),
    "long and thin": np.full((2, 5000), 200, np.uint8),
    "gradient": np.tile(np.linspace(30, 250, 300).astype(np.uint8), (200, 1)),
    "half a sheet on a desk": np.repeat([[20, 230]], 60, axis=1).repeat(100, axis=0).astype(np.uint8),
    "fine checkerboard": (SQUARES.sum(0) % 2 * 255).astype(np.uint8),
    "paper's grain": np.random.default_rng(0).normal(200, 6, (200, 300)).astype(np.uint8),
}
SENSELESS = {
    "noise": np.random.default_rng(0).integers(0, 256, (150, 200)).astype(np.uint8),
    "checkerboard": ((SQUARES // 8).sum(0) % 2 * 255).astype(np.uint8),
    "2 x 2": np.array([[0, 255], [255, 0]], np.uint8),
    "1 row of noise": np.random.default_rng(0).integers(0, 256, (1, 300)).astype(np.uint8),
    "1 column of noise": np.random.default_rng(0).integers(0, 256, (300, 1)).astype(np.uint8),
}


@pytest.mark.parametrize("gray", BLANK.values(), ids=BLANK)
def test_blank_page_has_no_numbers(gray: np.ndarray, classifier: Classifier) -> None:
    result = read_page(Page(gray.copy()), classifier)
    check(result)
    assert [reading.text for reading in result.readings] == []


@pytest.mark.parametrize("gray", SENSELESS.values(), ids=SENSELESS)
def test_senseless_page_is_read_without_a_crash(gray: np.ndarray, classifier: Classifier) -> None:
    check(read_page(Page(gray.copy()), classifier))


@pytest.mark.slow
@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=24)), st.sampled_from([1, 5, 12]))
def test_any_page_is_read_without_a_crash(gray: np.ndarray, times: int) -> None:
    check(read_page(Page(np.kron(gray, np.ones((times, times), np.uint8))), make_reader()))


def test_page_is_read_whole_and_in_order() -> None:
    lenient = Settings(decode=DecodeSettings(reject_below=0.5))
    result = read_page(Page(PAGE.copy(), source="a.png", number=3, decode_s=0.5), make_reader(), lenient)
    check(result)
    assert [r.text for r in result.readings] == TEXTS
    assert [r.line for r in result.readings] == [1, 1, 2, 2, 3, 3]
    assert {r.status for r in result.readings} == {"accepted"}
    assert (result.source, result.number, result.size_px, result.model) == ("a.png", 3, (480, 320), "steady hand")
    assert result.seconds["decode"] == 0.5


def shade(low: float, axis: int) -> np.ndarray:
    light = np.linspace(low, 1, PAGE.shape[axis])
    return (PAGE * (light if axis else light[:, None])).astype(np.uint8)


def rule(*lines: tuple[tuple[int, int], tuple[int, int]]) -> np.ndarray:
    ruled = PAGE.copy()
    for start, end in lines:
        cv2.line(ruled, start, end, 120, 2)
    return ruled


SAME: dict[str, Callable[[], np.ndarray]] = {
    "as drawn": lambda: PAGE,
    "shifted": lambda: write_page(*ROWS, size_px=(480, 320), shift_px=(17, -12)),
    "shifted by part of a pixel": lambda: write_page(*ROWS, size_px=(480, 320), shift_px=(0.5, 0.25)),
    "on a larger sheet": lambda: write_page(*ROWS, size_px=(1000, 800), shift_px=(150, 100)),
    "darker": lambda: shade(1, 0) // 3,
    "paler ink": lambda: write_page(*ROWS, size_px=(480, 320), pen=150),
    "inverted": lambda: 255 - PAGE,
    "written larger": lambda: write_page(*ROWS, size_px=(960, 640), height_px=80, pen_px=8),
    "enlarged": lambda: cv2.resize(PAGE, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC),
    "reduced": lambda: cv2.resize(PAGE, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA),
    "light from the right": lambda: shade(0.35, 1),
    "light from below": lambda: shade(0.35, 0),
    "sensor noise": lambda: np.clip(PAGE + np.random.default_rng(0).normal(0, 6, PAGE.shape), 0, 255).astype(np.uint8),
    "turned a little": lambda: write_page(*ROWS, size_px=(560, 480), turn_deg=3),
    "turned clockwise": lambda: write_page(*ROWS, size_px=(560, 480), turn_deg=18),
    "turned counterclockwise": lambda: write_page(*ROWS, size_px=(560, 480), turn_deg=-22),
    "ruled": lambda: rule(*[((0, y), (480, y)) for y in range(55, 320, 72)]),
    "with a margin": lambda: rule(((30, 0), (30, 320))),
    "framed": lambda: cv2.rectangle(PAGE.copy(), (20, 20), (460, 300), 120, 2),
    "on a desk": lambda: np.pad(PAGE, 70, constant_values=30),
    "with a blot": lambda: cv2.circle(PAGE.copy(), (440, 290), 14, 40, -1),
}


@pytest.mark.parametrize("make", SAME.values(), ids=SAME)
def test_same_page_same_text(make: Callable[[], np.ndarray]) -> None:
    assert read_texts(make()) == TEXTS


@pytest.mark.parametrize("text", ["742", "557", "69", "30"])
def test_touching_digits_are_cut_apart(text: str) -> None:
    page = np.full((160, 420), 225, np.uint8)
    left = 60
    for digit in text:
        ink = write_page(digit, size_px=(160, 160), height_px=80, pen_px=7)
        columns = np.flatnonzero((ink < 130).any(axis=0))
        width = columns[-1] + 1 - columns[0]
        view = page[:, left : left + width]
        np.minimum(view, ink[:, columns[0] : columns[-1] + 1], out=view)
        left += width - 2
    assert read_texts(page) == [text]


@pytest.mark.parametrize("turn_deg", [0, 15])
def test_boxes_lie_in_the_original(turn_deg: float) -> None:
    gray = write_page("4207", size_px=(400, 400), turn_deg=turn_deg, shift_px=(40, 60))
    scale = np.diag([2.0, 2.0, 1.0])
    page = Page(gray, to_source=scale, source_size_px=(800, 800))
    (reading,) = read_page(page, make_reader()).readings
    rows, columns = np.nonzero(gray < 130)
    expected = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) * 2
    slack = 6 if turn_deg == 0 else 40  # the upright box around a turned one is larger
    assert np.abs(np.array(reading.box.as_list()) - expected).max() <= slack
    assert reading.box.left <= expected[0] + 4 and reading.box.right >= expected[2] - 4


@pytest.mark.parametrize("turn_deg", [0, 15, -25])
def test_box_of_a_number_is_that_around_its_digits(turn_deg: float) -> None:
    page = Page(write_page("4207 193", size_px=(460, 400), turn_deg=turn_deg))
    readings = read_page(page, make_reader()).readings
    assert [r.text for r in readings] == ["4207", "193"]
    assert all(r.box == Box.around([digit.box for digit in r.digits]) for r in readings)


@pytest.mark.parametrize("size_px", [(1800, 9), (9, 1800), (1800, 1), (3, 700), (640, 17)])
def test_thin_strip_is_read_without_a_crash(size_px: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    strip = np.full(size_px[::-1], 220, np.uint8)
    at = rng.integers(0, strip.size, strip.size // 20)
    strip.ravel()[at] = 30
    check(read_page(Page(strip), make_reader()))


def test_long_strip_is_read_at_the_scale_of_its_digits() -> None:
    strip = np.full((120, 9000), 225, np.uint8)
    numbers = ["4237", "5836", "2749"]
    for i, number in enumerate(numbers):
        strip[:, 200 + 3500 * i : 600 + 3500 * i] = write_page(number, size_px=(400, 120), height_px=60, pen_px=5)
    (page,) = read(strip)
    assert [reading.text for reading in page.readings] == numbers


def test_bright_ink_on_a_dark_card_is_found_where_nothing_else_is_ink() -> None:
    card = 255 - write_page("4207", size_px=(240, 120))
    desk = np.pad(card, 300, constant_values=180)
    assert measure_polarity(desk, Settings().illumination), "the card itself is what is dark and thin"
    (reading,) = read_page(Page(desk), load_classifier()).readings
    assert (reading.text, reading.status) == ("4207", "accepted")
    assert min(reading.box.left, reading.box.top) > 300


def test_boxes_of_a_huge_scale_stay_inside() -> None:
    page = Page(PAGE.copy(), to_source=np.diag([9.0, 9.0, 1.0]), source_size_px=(480, 320))
    check(read_page(page, make_reader()))


def test_whole_page_is_classified_in_one_batch() -> None:
    batches: list[int] = []

    class Counting:
        name = "counting"
        n_classes = 11
        line_network = None
        page_network = None

        def classify(self, batch: np.ndarray) -> DigitScores:
            batches.append(len(batch))
            return make_reader().classify(batch)

    read_page(Page(PAGE.copy()), Counting())  # type: ignore[arg-type]
    assert len(batches) == 1 and batches[0] >= sum(len(text) for text in TEXTS)


def test_line_network_runs_once_on_all_lines_of_the_page() -> None:
    rows: list[int] = []

    def note(row: np.ndarray) -> np.ndarray:
        rows.append(row.shape[2])
        return see_ones(row)

    as_it_lies = Settings(orientation=OrientationSettings(is_enabled=False))
    stages = capture_stages(PAGE, as_it_lies, LineNetwork("ones", 1.0, note))
    assert len(rows) == 1
    shapes = [(len(lattice.spans), 11) for lattice in stages.recognition.lattices]
    assert [scores.shape for scores in stages.recognition.log_likelihoods] == shapes
    assert len(shapes) == len(stages.lines) == len(ROWS)
    blank = capture_stages(BLANK["white"], None, LineNetwork("ones", 1.0, note))
    assert (blank.lines, blank.recognition.log_likelihoods, len(rows)) == ((), (), 1)


@pytest.mark.parametrize(
    ("constraint", "texts", "n_accepted"),
    [
        (Constraint(n_digits=(8, 8)), ["42071936", "58", "0617", "2849", "35"], 1),
        (Constraint(values=("4207", "1936", "580617", "2849", "35")), ["4207", "1936", "580617", "2849", "35"], 5),
        (Constraint(pattern="dd/dd"), ["42/07", "19/36", "58", "06/17", "28/49", "35"], 4),
        (Constraint(range=(1000, 2000)), ["4207", "1936", "58", "0617", "2849", "35"], 1),
    ],
    ids=["joined where only that fits", "values", "pattern", "range"],
)
def test_constraint_decides_what_is_accepted(constraint: Constraint, texts: list[str], n_accepted: int) -> None:
    result = read_page(Page(PAGE.copy()), load_classifier(), constraint=constraint)
    assert [r.text for r in result.readings] == texts
    assert sum(r.status == "accepted" for r in result.readings) == n_accepted
    misfits = [r for r in result.readings if r.status == "rejected"]
    assert all("nothing that is allowed fits it" in str(r.reason) for r in misfits)
    assert all("".join(digit.text for digit in r.digits).isdecimal() for r in result.readings)


def test_settings_reach_the_stages() -> None:
    strict = replace(Settings(), decode=replace(Settings().decode, reject_below=1.0))
    result = read_page(Page(PAGE.copy()), make_reader(), strict)
    assert [r.text for r in result.readings] == TEXTS
    assert {r.status for r in result.readings} == {"rejected"}
    assert all(r.reason for r in result.readings)


@pytest.mark.parametrize(
    ("blotted", "expected"),
    [(slice(None), []), (slice(0, 215), ["4207 1936", "58 0617"]), (slice(0, 0), ["4207 1936", "58 0617"])],
    ids=["all taken for rulings", "half of it", "nothing"],
)
def test_ink_wrongly_taken_for_rulings_is_read_all_the_same(
    blotted: slice, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_out(mask: InkMask, *_: object) -> InkMask:
        cleared = mask.ink.copy()
        cleared[:, blotted] = 0
        return InkMask(cleared)

    page = write_page("4207 1936", "58 0617", size_px=(460, 300))
    monkeypatch.setattr("pipeline.reading.run_stages.remove_rulings", take_out)
    readings = read_page(Page(page), make_reader()).readings
    lines = [" ".join(r.text for r in readings if r.line == n) for n in sorted({r.line for r in readings})]
    assert lines == expected
