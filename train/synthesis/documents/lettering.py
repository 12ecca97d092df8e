"""Sets words, labels and numbers: in print, and by hand with fonts, people's letters or joined script."""

from __future__ import annotations

import re
from functools import lru_cache
from string import ascii_lowercase

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pipeline.recognition.column_classes import class_of_sign
from pipeline.recognition.normalize import CORE_PX
from pipeline.types import N_DIGITS
from train.augmentation.augment import change_stroke
from train.augmentation.ink import Mask, crop_ink
from train.synthesis.documents.sheet import Sheet, Style
from train.synthesis.handwriting.letters import draw_script, write_words
from train.synthesis.handwriting.strokes import stamp_ink
from train.synthesis.pages.ink_layout import write_number, write_sign

_RUNS = re.compile(r"\d+|[A-Za-z]+|\s+|[^\dA-Za-z\s]")
_SIGNS = "/-.,:+="
_GLYPH_SIGNS = "%$"
"""Signs that are too rich for a few strokes: set in the writer's font."""
_FONT_SIZE_FRAC, _LEAST_FONT_SIZE = 1.38, 6
"""Size of a font, of its digits' height: digits are about 0.72 of it."""
_SPACE_FRAC = 0.4
"""Width of a space in print, of a digit's height."""
_INKED = 100
"""Coverage, of 255, from which a pixel belongs to a stroke."""
_MOST_CHANGE_PX = 12.0
"""Greatest change of a letter's stroke width, px."""
_FLAT, _HANGING, _FLAT_FRAC, _HANGING_FRAC, _DROP_FRAC = "acemnorsuvwxz", "gjpqy", 0.62, 0.9, 0.3
"""Letters without a tall stroke, those that hang below the line, their heights and the drop, of tall ones."""


def _label(part: str) -> int:
    """Return the label of a printed word or sign."""
    return N_DIGITS if part[0].isalpha() else class_of_sign(part)


@lru_cache(maxsize=512)
def _load_font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


def _set_glyphs(text: str, path: str, height_px: float) -> tuple[Mask, float, float]:
    """Return the ink of `text`, its digits about `height_px` high, the drop of its top from the baseline, its width."""
    font = _load_font(path, max(_LEAST_FONT_SIZE, round(_FONT_SIZE_FRAC * height_px)))
    left, top, right, bottom = (int(v) for v in font.getbbox(text, anchor="ls"))
    if right <= left or bottom <= top:
        return np.zeros((0, 0), np.uint8), 0, font.getlength(text)
    picture = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(picture).text((-left, -top), text, fill=255, font=font, anchor="ls")
    return np.asarray(picture), float(top), float(font.getlength(text))


def print_line(sheet: Sheet, text: str, at_px: tuple[float, float], height_px: float, font: str) -> float:
    """Print `text` from `at_px` (x, baseline), digits of about `height_px`; return the x px at which it ends.

    Runs of digits are numbers, each digit a mark; words and signs are a mark each. What does not fit is left out.
    """
    first = sheet.start_print()
    draft, (x, y) = sheet.print, at_px
    for part in _RUNS.findall(text):
        if part.isspace():
            x += _SPACE_FRAC * height_px * len(part)
        elif part.isdigit():
            draft.n_groups += 1
            for digit in part:
                patch, top, advance = _set_glyphs(digit, font, height_px)
                draft.lay(patch, round(x), round(y + top), int(digit), "digit", draft.n_groups - 1)
                x += max(advance, patch.shape[1] if len(patch) else 0)
        else:
            patch, top, advance = _set_glyphs(part, font, height_px)
            if len(patch):
                draft.lay(patch, round(x), round(y + top), _label(part), "print")
            x += advance
    sheet.end_print(first)
    return x


def measure_line(text: str, height_px: float, font: str) -> float:
    """Return the width of printed `text`, px."""
    return sum(
        _SPACE_FRAC * height_px * len(part) if part.isspace() else _set_glyphs(part, font, height_px)[2]
        for part in _RUNS.findall(text)
    )


def write_word(
    sheet: Sheet, word: str, at_px: tuple[float, float], height_px: float, style: Style, rng: np.random.Generator
) -> float:
    """Write a word by hand from `at_px` (x, baseline), tall letters about `height_px`; return where it ends, px."""
    x, y = at_px
    if style.word_style == "font":
        patch, top, advance = _set_glyphs(word, style.font, height_px)
        if len(patch):
            sheet.pen.lay(patch, round(x), round(y + top), N_DIGITS, "word")
        return x + advance
    if style.word_style == "cursive":
        return _write_joined(sheet, word, at_px, height_px, style, rng)
    for character in word.lower():
        if character not in ascii_lowercase:
            x += 0.3 * height_px
            continue
        x = _write_letter(sheet, character, (x, y), height_px, style, rng)
        x += rng.uniform(0.02, 0.18) * height_px
    return x


def _write_joined(
    sheet: Sheet, word: str, at_px: tuple[float, float], height_px: float, style: Style, rng: np.random.Generator
) -> float:
    tracks = write_words(word, draw_script(rng), height_px, rng)
    if not tracks:
        return at_px[0]
    points = np.concatenate(tracks)
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    margin = style.script.stroke_core_px / CORE_PX * height_px + 2
    coverage = np.zeros(np.ceil(high - low + 2 * margin).astype(int)[::-1], np.float32)
    stamp_ink(coverage, [t - [*(low - margin), 0] for t in tracks], pen_px(style, height_px))
    patch = np.clip(255 * coverage, 0, 255).astype(np.uint8)
    sheet.pen.lay(patch, round(at_px[0]), round(at_px[1] + low[1] - margin), N_DIGITS, "word")
    return at_px[0] + float(high[0] - low[0])


def _write_letter(
    sheet: Sheet, character: str, at_px: tuple[float, float], height_px: float, style: Style, rng: np.random.Generator
) -> float:
    """Write one of a to z as the writer does; return where it ends, px."""
    x, y = at_px
    share = _FLAT_FRAC if character in _FLAT else _HANGING_FRAC if character in _HANGING else 1.0
    drop = _DROP_FRAC if character in _HANGING else 0.0
    own = height_px * share * rng.uniform(0.9, 1.1)
    mask = style.alphabet[ord(character) - ord("a")]
    mask = crop_ink(change_stroke(mask, style.script.stroke_core_px / share, _MOST_CHANGE_PX))
    factor = own / max(4.0, len(mask), 0.6 * mask.shape[1])
    size = max(1, round(mask.shape[1] * factor)), max(1, round(len(mask) * factor))
    patch = cv2.resize(mask, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    sheet.pen.lay(patch, round(x), round(y + drop * own) - len(patch), N_DIGITS, "letter")
    return x + size[0]


def write_phrase(
    sheet: Sheet, text: str, at_px: tuple[float, float], height_px: float, style: Style, rng: np.random.Generator
) -> float:
    """Write words, numbers and signs by hand, each run parted from the next; return where it ends, px.

    Digits next to a sign are numbers of their own: `12/03` is two.
    """
    x, y = at_px
    for part in _RUNS.findall(text):
        if part.isspace():
            x += rng.uniform(0.35, 0.8) * height_px
        elif part.isdigit():
            x = write_number(sheet.pen, part, (x, y), height_px, style.script, rng) + 0.08 * height_px
        elif part in _SIGNS or part == "x":
            x = write_sign(sheet.pen, part, (x, y), height_px, style.script, rng) + 0.08 * height_px
        elif part in _GLYPH_SIGNS:
            patch, top, advance = _set_glyphs(part, style.font, height_px)
            sheet.pen.lay(patch, round(x), round(y + top), class_of_sign(part), "sign")
            x += advance + 0.08 * height_px
        elif part in "()":
            x = _write_bracket(sheet, part, (x, y), height_px, style, rng) + 0.08 * height_px
        elif part == ">":
            x = _write_arrow(sheet, (x, y - 0.4 * height_px), height_px, style, rng) + 0.1 * height_px
        else:
            x = write_word(sheet, part, (x, y), height_px * rng.uniform(0.75, 1.0), style, rng)
    return x


def write_digit(
    sheet: Sheet,
    digit: str,
    group: int,
    at_px: tuple[float, float],
    height_px: float,
    style: Style,
    rng: np.random.Generator,
) -> None:
    """Write the next digit of the number that `Sheet.start_number` named `group`, from `at_px` (x, foot)."""
    draft, n_before = sheet.pen, len(sheet.pen.groups)
    write_number(draft, digit, at_px, height_px, style.script, rng)
    draft.groups[n_before:] = [group] * (len(draft.groups) - n_before)
    draft.n_groups = group + 1


def _write_bracket(
    sheet: Sheet, sign: str, at_px: tuple[float, float], height_px: float, style: Style, rng: np.random.Generator
) -> float:
    """Write a parenthesis; return where it ends, px."""
    depth = rng.uniform(0.12, 0.25) * height_px
    t = np.linspace(-1, 1, 9)
    bow = depth * (1 - t**2) * (-1 if sign == "(" else 1)
    points = np.column_stack([at_px[0] + (depth if sign == "(" else 0) + bow, at_px[1] - height_px * (0.45 + 0.55 * t)])
    lay_stroke(sheet, points, pen_px(style, height_px), "sign", class_of_sign(sign))
    return at_px[0] + depth


def _write_arrow(
    sheet: Sheet, at_px: tuple[float, float], height_px: float, style: Style, rng: np.random.Generator
) -> float:
    """Write an arrow to the right; return where it ends, px."""
    length, head = rng.uniform(0.6, 1.5) * height_px, rng.uniform(0.12, 0.25) * height_px
    x, y = at_px
    end = np.array([x + length, y])
    points = np.array([[x, y], end, end + [-head, -head], end, end + [-head, head]])
    lay_stroke(sheet, points, pen_px(style, height_px), "sign")
    return x + length


def pen_px(style: Style, height_px: float) -> float:
    """Return the width of the pen at this height of digits, px."""
    return max(1.0, style.script.stroke_core_px / CORE_PX * height_px)


def lay_stroke(
    sheet: Sheet, points_px: NDArray[np.float64], width_px: float, kind: str | None, label: int = N_DIGITS
) -> None:
    """Draw a pen stroke through `points_px`, float (N, 2), as a mark of a kind; for None as a line that is no mark."""
    layer = np.zeros_like(sheet.lines)
    points = [np.rint(points_px * 16).astype(np.int32)]
    cv2.polylines(layer, points, False, 255, max(1, round(width_px)), cv2.LINE_AA, 4)
    draft = sheet.pen
    np.maximum(draft.coverage, layer, out=draft.coverage)
    if kind is not None and layer.any():
        draft.labels.append(label)
        draft.kinds.append(kind)
        draft.groups.append(-1)
        draft.owner[(layer > _INKED) & (draft.owner == 0)] = len(draft.labels)
