"""No dead knobs: each field of the settings, moved to one of its limits, changes what some page makes of itself."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import Field, fields, replace
from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.geometry import Box
from pipeline.images.load import load_pages
from pipeline.layout.skew import deskew
from pipeline.live.line_scheduler import Rota
from pipeline.live.tracker import Tracker
from pipeline.recognition.line_network import LineNetwork
from pipeline.settings.tree import Settings
from pipeline.types import Page, Reading, TextLine
from tests.support.drawing import capture_stages, make_line, see_ones, write_page, write_signed
from tests.support.pdfs import make_pdf
from tests.support.sightings import read_as

DEFAULTS = Settings()
SIGNED = replace(DEFAULTS, signs=replace(DEFAULTS.signs, is_enabled=True))
KNOBS = {f"{s.name}.{k.name}": (s.name, k) for s in fields(Settings) for k in fields(getattr(DEFAULTS, s.name))}
del KNOBS["track.lost_after_s"]  # needs a camera that is lost: test_live_streams has one

BY_LINE = "text, by line"
"""A page that a line network looks at, too."""
WHERE = {"signs": ["signs"], "decode": [BY_LINE, "mess", "text", "form", "underlined", "stroke"]}
"""Pages on which the knobs of a stage are tried; all where it is not named."""


def draw_mess() -> np.ndarray:
    """Return a page with everything that a stage has an opinion on: dust, dashes, blots, frames, pale ink, an edge."""
    page = write_page("4207 1936", "58 0617", size_px=(460, 300)).astype(float)
    page *= np.linspace(0.5, 1, page.shape[1])
    ink = np.full(page.shape, 255, np.uint8)
    rng = np.random.default_rng(1)
    for x, y in rng.integers(10, 280, (40, 2)):
        cv2.circle(ink, (int(x), int(y)), int(rng.integers(1, 4)), int(rng.integers(90, 200)), -1)
    cv2.line(ink, (60, 230), (200, 231), 100, 3)
    cv2.line(ink, (230, 70), (230, 110), 60, 3)
    cv2.rectangle(ink, (330, 210), (440, 285), 80, 2)
    cv2.rectangle(ink, (360, 230), (370, 260), 60, -1)
    cv2.circle(ink, (30, 260), 16, 50, -1)
    cv2.line(ink, (458, 20), (458, 250), 20, 4)
    cv2.line(ink, (300, 2), (300, 60), 40, 5)
    return np.clip(np.minimum(page, ink) + rng.normal(0, 4, page.shape), 0, 255).astype(np.uint8)


def draw_paper() -> np.ndarray:
    """Return squared paper, its lines of many lengths, bent, broken, slanting; digits in some of the squares."""
    page = write_page("4207", "1936", size_px=(420, 320))
    for i, y in enumerate(range(20, 320, 40)):
        bend = np.column_stack([np.arange(0, 430, 10), y + 2 * i * np.sin(np.linspace(0, np.pi, 43))]).astype(np.int32)
        cv2.polylines(page, [bend], False, 120, 1 + i % 3)
    for i, x in enumerate(range(15, 420, 40)):
        cv2.line(page, (x, 0 if i % 2 else 20 * i), (x, 320 if i < 5 else 300 - 10 * i), 120, 1 + i % 2)
    page[:, 100:110] = np.maximum(page[:, 100:110], 200)
    return page


def draw_lines_of_text() -> np.ndarray:
    """Return digits far apart, high and low, touching, broken, with signs between."""
    page = write_page("5 08", "742", "3 1", size_px=(560, 420), height_px=50, pen_px=6)
    small = write_page("69", size_px=(120, 80), height_px=22, pen_px=3)
    page[20:100, 20:140] = small
    page[300:380, 400:520] = small
    page[320:380, 40:100] = write_page("5", size_px=(60, 60), height_px=22, pen_px=3)
    squeezed = cv2.resize(write_page("7425", size_px=(260, 100), height_px=60, pen_px=9), (170, 100))
    page[160:260, 10:180] = squeezed
    page[205:212, 20:160] = 60
    page[200:203, 300:420] = 225
    cv2.line(page, (450, 200), (470, 200), 40, 5)
    cv2.circle(page, (250, 240), 5, 40, -1)
    return page


def draw_form() -> np.ndarray:
    """Return a form: dashed and rippled lines, boxes with thin and with broad walls, numbers parted by a sign."""
    page = write_page("4 2 0", size_px=(460, 360), shift_px=(0, -100))
    cv2.line(page, (176, 82), (198, 82), 40, 4)
    for x in range(0, 460, 24):
        cv2.line(page, (x, 15), (x + 17, 15), 60, 2)
    along = np.arange(0, 461, 4)
    cv2.polylines(page, [np.column_stack([along, 130 + 4 * np.sin(along / 25)]).astype(np.int32)], False, 60, 2)
    page[150:230, 20:440] = write_page("61", size_px=(420, 80))
    for top, wall_px in ((160, 2), (280, 7)):
        for x in range(40, 440, 60):
            cv2.line(page, (x, top + 4), (x, top + 56), 60, wall_px)
        for y in (top, top + 60):
            cv2.line(page, (40, y), (400, y), 60, 2)
    return page


def draw_two_inks() -> np.ndarray:
    """Return a page written with a broad dark marker, and beside it with fine chalk: either can be read."""
    broad = write_page("42", size_px=(320, 320), height_px=160, pen_px=12, paper=150, pen=90)
    return np.vstack([broad, write_page("58 21", "36 07", size_px=(320, 200), pen_px=2, paper=150, pen=230)])


def draw_bowls() -> np.ndarray:
    """Return two 0 of a broad pen that touch side by side: the ink is thick there, and narrow from top to bottom."""
    page = np.full((160, 260), 225, np.uint8)
    for x in (90, 162):
        cv2.ellipse(page, (x, 80), (36, 50), 0, 0, 360, 40, 9)
    return page


def draw_underlined() -> np.ndarray:
    """Return a number over a line that ends before the page does, and one parted by a thing taller than its digits."""
    page = write_page("4207", size_px=(420, 400))
    page[:200] = write_page("36 52", size_px=(420, 200))
    cv2.ellipse(page, (220, 100), (10, 36), 0, -60, 60, 40, 4)
    cv2.line(page, (215, 80), (235, 120), 40, 4)
    cv2.line(page, (30, 170), (310, 170), 60, 2)
    return page


def draw_stamps() -> np.ndarray:
    """Return digits stamped bright on dark, a plate each, a larger one that runs into its rim, and digits in boxes."""
    plates = [write_page(digit, size_px=(34, 48), height_px=34, paper=60, pen=225) for digit in "4289"]
    page = np.full((200, 260), 225, np.uint8)
    for i, plate in enumerate(plates):
        page[30:78, 30 + 40 * i : 64 + 40 * i] = plate
    page[30:100, 200:240] = write_page("2", size_px=(40, 70), height_px=50, shift_px=(6, 0), paper=60, pen=225)
    page[120:180, 40:180] = write_page("58", size_px=(140, 60))
    for x in (77, 111):
        cv2.rectangle(page, (x, 128), (x + 32, 172), 40, 3)
    return page


def draw_hook() -> np.ndarray:
    """Return digits, and a stroke that begins at their left and runs on under all of them."""
    page = write_page("4207", size_px=(320, 160))
    cv2.polylines(page, [np.array([(70, 85), (75, 112), (260, 116)], np.int32)], False, 40, 5)
    return page


def draw_cup() -> np.ndarray:
    """Return a cup of coffee on a desk."""
    page = np.full((240, 320), 200, np.uint8)
    for radius, level in ((70, 170), (59, 180), (53, 60)):
        cv2.circle(page, (160, 120), radius, level, cv2.FILLED, cv2.LINE_AA)
    return page


def draw_card() -> np.ndarray:
    """Return a card that throws a broad shadow on a bright desk."""
    page = cv2.GaussianBlur(np.pad(np.full((220, 330), 110, np.uint8), 120, constant_values=220), (31, 31), 0)
    page[160:300, 160:410] = write_page("645", size_px=(250, 140))
    return page


PAGES: dict[str, Callable[[], np.ndarray]] = {
    "mess": draw_mess,
    "text": draw_lines_of_text,
    "paper": draw_paper,
    "chalk": lambda: 255 - draw_lines_of_text(),
    "turned": lambda: write_page("4207 1936", "58 0617", size_px=(460, 400), turn_deg=20),
    "on its side": lambda: np.ascontiguousarray(np.rot90(write_page("4237 9536", "58 6647", size_px=(460, 300)))),
    "sloping": lambda: write_page("4207 1936", size_px=(460, 200), turn_deg=2),
    "askew": lambda: deskew(Page(draw_paper()), -15).gray,
    "form": draw_form,
    "bowls": draw_bowls,
    "underlined": draw_underlined,
    "two inks": draw_two_inks,
    "signs": lambda: np.vstack([write_signed(text) for text in ("4,50", "36.2", "7 -2", "-69.4")]),
    "stamps": draw_stamps,
    "hook": draw_hook,
    "cup": draw_cup,
    "card": draw_card,
    "stroke": lambda: write_page("1", size_px=(120, 120)),
    "desk": lambda: np.pad(draw_mess(), 90, constant_values=25),
}


LINE_READER = LineNetwork("ones", 1.0, see_ones)


@cache
def draw(name: str) -> np.ndarray:
    return PAGES[name]()


def see(name: str, settings: Settings) -> Hashable:
    """Return all that the stages make of a page, so that two can be compared."""
    by_line = name == BY_LINE
    stages = capture_stages(draw("text" if by_line else name), settings, LINE_READER if by_line else None)
    arrays = (stages.darkness, stages.ink.ink, stages.cleared.ink, stages.batch, stages.scores.probabilities)
    lines = tuple(tuple(c.box for c in line.components) for line in stages.lines)
    spans = tuple((s.first, s.last, s.box) for lattice in stages.lattices for s in lattice.spans)
    return (*[a.tobytes() for a in arrays], lines, spans, tuple(repr(r) for r in stages.readings))


see_once = cache(see)


def decode(settings: Settings) -> list[Any]:
    """Return what the decoder makes of a large, a common and a tiny picture and of a PDF: the size, or the error."""
    seen: list[Any] = []
    shapes = ((1500, 3800), (300, 400), (9, 9))
    for picture in (
        *(cv2.imencode(".png", np.full(shape, 255, np.uint8))[1].tobytes() for shape in shapes),
        make_pdf(),
    ):
        try:
            seen += [page.gray.shape for page in load_pages(picture, settings.images)]
        except InputError as error:
            seen.append(error.code)
    return seen


def follow(settings: Settings) -> list[Any]:
    """Return the reports on a video of all that may happen to a number, and which of three new lines are read at once.

    A number comes, moves, changes, goes, comes back.
    """
    held = [read_as("42", 400, 300)]
    frames: list[list[Reading]] = [
        *[[read_as("917", 1225 - 9 * i, 100)] for i in range(20)],
        *[[read_as("55", 80 + 75 * i, 500, sure=0.7 + 0.02 * i)] for i in range(12)],
        *[held] * 12,
        *[[read_as("43", 400, 300)]] * 12,
        *[held, [read_as("12", 400, 300, sure=0.8, rejected=True)]] * 12,
        *[*[[read_as("88", 100, 600)]] * 2, [read_as("8", 100, 600, rejected=True)]] * 8,
        *[[]] * 75,
        *[[read_as("43", 400, 300)]] * 12,
    ]
    tracker, rota = Tracker(settings.track), Rota(settings.track.frame_digits)
    lines = [TextLine(make_line((100, y, 120, y + 30), (130, y, 150, y + 30)).components, y) for y in (100, 200, 300)]
    is_read = [[path is None for path in rota.recall(lines)]]
    return is_read + [
        (c.frame, c.n_frames, c.reading.text, round(c.reading.confidence, 9))
        for i, readings in enumerate(frames)
        for c in tracker.update(readings, Box(0, 0, 1280, 720), i + 1, i / 30)
    ]


@pytest.mark.parametrize(("stage", "knob"), KNOBS.values(), ids=KNOBS)
def test_knob_is_alive(stage: str, knob: Field) -> None:
    kind = type(knob.default)
    start = SIGNED if stage == "signs" else DEFAULTS
    for limit in (kind(knob.metadata["low"]), kind(knob.metadata["high"])):
        moved = replace(start, **{stage: replace(getattr(start, stage), **{knob.name: limit})})
        if stage == "images":
            if decode(moved) != decode(DEFAULTS):
                return
        elif stage == "track":
            if follow(moved) != follow(DEFAULTS):
                return
        elif any(see(name, moved) != see_once(name, start) for name in WHERE.get(stage, PAGES)):
            return
    pytest.fail(f"{stage}.{knob.name} changes nothing, from {knob.metadata['low']} to {knob.metadata['high']}")
