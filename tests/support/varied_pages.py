"""Pages on which every stage of reading finds something to decide, and what the stages before it make of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace

import cv2
import numpy as np

from pipeline.decoding.lattice_decoder import find_paths, form_numbers
from pipeline.ink.binarize import binarize
from pipeline.ink.broken_strokes import join_broken_strokes
from pipeline.ink.components import find_components
from pipeline.ink.illumination import estimate_paper, flatten_light
from pipeline.ink.rulings import remove_rulings
from pipeline.layout.skew import deskew
from pipeline.layout.text_lines import find_lines
from pipeline.recognition.normalize import normalize_spans
from pipeline.recognition.segment import build_lattice
from pipeline.settings.tree import Settings
from pipeline.types import Page
from tests.support.drawing import make_reader, write_page, write_signed


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


PAGES: dict[str, Callable[[], np.ndarray]] = {
    "cup": draw_cup,
    "desk": lambda: np.pad(draw_mess(), 90, constant_values=25),
    "form": draw_form,
    "hook": draw_hook,
    "mess": draw_mess,
    "signs": lambda: np.vstack([write_signed(text) for text in ("4,50", "36.2", "7 -2", "-69.4")]),
    "skewed paper": lambda: deskew(Page(draw_paper()), -15).gray,
    "text": draw_lines_of_text,
    "turned": lambda: write_page("4207 1936", "58 0617", size_px=(460, 400), turn_deg=20),
    "two inks": draw_two_inks,
}


@cache
def draw(name: str) -> np.ndarray:
    """Return one of the pages, uint8 (H, W)."""
    return PAGES[name]()


@cache
def take_stages(name: str) -> SimpleNamespace:
    """Return what each stage makes of a page by default, in their order; no turns and no second looks."""
    s, page = Settings(), Page(draw(name))
    paper = estimate_paper(page.gray, s.illumination)
    darkness = flatten_light(page.gray, paper)
    ink = binarize(darkness, s.binarize)
    cleared = remove_rulings(ink, darkness, s.rulings)
    broken = find_components(cleared, darkness, s.components)
    components = join_broken_strokes(broken, s.broken_strokes)
    lines = find_lines(components, s.text_lines)
    lattices = [build_lattice(line, s.segment) for line in lines]
    spans = [span for lattice in lattices for span in lattice.spans]
    paths = find_paths(lattices, make_reader().classify(normalize_spans(spans, s.normalize)), s.decode)
    readings = form_numbers(paths, [line.number for line in lines], s.decode, s.outliers, s.number_groups)
    return SimpleNamespace(**locals())
