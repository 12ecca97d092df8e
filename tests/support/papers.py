"""What papers are made from in tests: a few drawn writers, the fonts that matplotlib ships, letters drawn by OpenCV."""

from __future__ import annotations

import zipfile
from functools import cache
from pathlib import Path
from string import ascii_lowercase

import cv2
import numpy as np
from numpy.typing import NDArray

from train.augmentation.ink import crop_ink
from train.augmentation.printed_glyphs import find_fonts
from train.synthesis.documents.sheet import Sheet, Style
from train.synthesis.documents.supplies import Supplies
from train.synthesis.handwriting.drawn_digits import draw_digit_set
from train.synthesis.handwriting.writers import WriterDigits, WriterPool
from train.synthesis.pages.ink_layout import Script, lean_alike

FONTS = find_fonts(with_installed=False)


def draw_letter(letter: str, pen_px: int = 5) -> NDArray[np.uint8]:
    """Return a letter as Omniglot has it, uint8 (105, 105), but 255 ink on 0."""
    picture = np.zeros((105, 105), np.uint8)
    return cv2.putText(picture, letter, (25, 75), cv2.FONT_HERSHEY_SIMPLEX, 2, 255, pen_px)


@cache
def make_pool() -> WriterPool:
    """Return two writers of drawn digits, and three letters."""
    digits = draw_digit_set(np.random.default_rng(0), 2, 0, 0)
    piles = tuple(digits.images[digits.labels == digit] for digit in range(10))
    rows = tuple(np.arange(start, start + 10) for start in (0, 10))
    none = tuple(pile[:0] for pile in piles)
    glyphs = tuple(crop_ink(draw_letter(letter)) for letter in "ABE")
    return WriterPool(digits, rows, piles, piles, piles, none, (), glyphs)


@cache
def make_supplies() -> Supplies:
    alphabet = tuple(crop_ink(draw_letter(letter)) for letter in ascii_lowercase)
    fonts = tuple(map(str, FONTS[:2]))
    return Supplies(make_pool(), fonts, fonts, (alphabet,), alphabet)


def make_style(word_style: str = "font") -> Style:
    """Return how a steady hand fills a paper: level digits, clearly apart."""
    supplies = make_supplies()
    lean = lean_alike(np.random.default_rng(0), True)
    writer = WriterDigits(supplies.pool.drawn, supplies.pool.everybody)
    script = Script(writer, supplies.pool, lean, 2.5, (0.08, 0.12), 0.0, 0.0)
    return Style(script, word_style, str(FONTS[0]), str(FONTS[0]), supplies.alphabets[0])


def list_numbers(sheet: Sheet) -> dict[int, str]:
    """Return the digits of each number, by its group, in the order in which they were written."""
    numbers: dict[int, str] = {}
    for label, kind, group in zip(sheet.pen.labels, sheet.pen.kinds, sheet.pen.groups, strict=True):
        if kind == "digit":
            numbers[group] = numbers.get(group, "") + str(label)
    return numbers


def find_centers(owner: NDArray[np.uint16], n: int) -> NDArray[np.float64]:
    """Return the center (x, y) px of each of `n` marks, float64 (n, 2); nan where a mark shows no ink."""
    rows, columns = np.nonzero(owner)
    marks = owner[rows, columns].astype(int) - 1
    area = np.bincount(marks, minlength=n).astype(float)
    area[area == 0] = np.nan
    return np.stack([np.bincount(marks, of, minlength=n) / area for of in (columns, rows)], axis=1)


def write_omniglot(path: Path, n_people: int, alphabet: str = "Latin", letters: str = ascii_lowercase) -> None:
    """Write an archive as Omniglot's, dark letters on white."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for person in range(1, n_people + 1):
            for at, letter in enumerate(letters, 1):
                coded = cv2.imencode(".png", 255 - draw_letter(letter))[1].tobytes()
                archive.writestr(f"images/{alphabet}/character{at:02}/0001_{person:02}.png", coded)


def write_data_folder(folder: Path, n_people: int = 5, n_fonts: int = 3) -> Path:
    """Write fonts and letters as --data-dir holds them; return the folder."""
    write_omniglot(folder / "extra/omniglot/images_background.zip", n_people)
    for kind in ("print", "handwriting"):
        (folder / "fonts" / kind).mkdir(parents=True)
        for font in FONTS[:n_fonts]:
            (folder / "fonts" / kind / font.name).symlink_to(font)
    return folder
