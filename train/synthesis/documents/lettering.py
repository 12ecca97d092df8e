"""Sets words, labels and numbers: in print with fonts, by hand with fonts, with people's letters, or in joined script."""

from __future__ import annotations

import re
from functools import lru_cache

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipeline.types import N_DIGITS
from train.augmentation.augment import change_stroke
from train.augmentation.ink import Mask, crop_ink
from train.synthesis.documents.sheet import Hands, Sheet
from train.synthesis.handwriting.letters import draw_script, write_words
from train.synthesis.handwriting.strokes import stamp_ink
from train.synthesis.pages.ink_layout import write_number, write_sign

_PARTS = re.compile(r"\d+|[^\d\s]+|\s+")
_SIGNS = {"/": "/", "-": "-", ".": ".", ",": ",", "+": "+", "x": "x", "=": "="}


@lru_cache(maxsize=512)
def _load_font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


def _set_glyphs(text: str, path: str, height_px: float) -> tuple[Mask, float, float]:
    """Return the ink of `text`, its digits about `height_px` high, the drop of its top from the baseline, its width."""
    font = _load_font(path, max(6, round(1.38 * height_px)))
    left, top, right, bottom = (int(v) for v in font.getbbox(text, anchor="ls"))
    if right <= left or bottom <= top:
        return np.zeros((0, 0), np.uint8), 0, font.getlength(text)
    picture = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(picture).text((-left, -top), text, fill=255, font=font, anchor="ls")
    return np.asarray(picture), float(top), float(font.getlength(text))


def print_line(
    sheet: Sheet, text: str, at_px: tuple[float, float], height_px: float, font: str, *, by_hand: bool = False
) -> float:
    """Print `text` from `at_px` (x, baseline), digits of about `height_px`; return the x px at which it ends.

    Runs of digits are numbers, each digit a mark; other runs are a mark each. A run that does not fit is left out.
    """
    draft, x, y = (sheet.pen if by_hand else sheet.print), at_px[0], at_px[1]
    first = sheet.start_print()
    for part in _PARTS.findall(text):
        if part.isspace():
            x += 0.4 * height_px * len(part)
        elif part.isdigit():
            draft.n_groups += 1
            for digit in part:
                patch, top, advance = _set_glyphs(digit, font, height_px)
                draft.lay(patch, round(x), round(y + top), int(digit), "digit", draft.n_groups - 1)
                x += max(advance, patch.shape[1] if len(patch) else 0)
        else:
            patch, top, advance = _set_glyphs(part, font, height_px)
            if len(patch):
                draft.lay(patch, round(x), round(y + top), N_DIGITS, "print")
            x += advance
    sheet.pen.n_groups = draft.n_groups
    if not by_hand:
        sheet.end_print(first)
    return x


def measure_line(text: str, height_px: float, font: str) -> float:
    """Return the width of printed `text`, px."""
    return sum(
        0.4 * height_px * len(part) if part.isspace() else _set_glyphs(part, font, height_px)[2]
        for part in _PARTS.findall(text)
    )


def write_word(
    sheet: Sheet, word: str, at_px: tuple[float, float], height_px: float, hands: Hands, rng: np.random.Generator
) -> float:
    """Write a word by hand from `at_px` (x, baseline), tall letters about `height_px`; return where it ends, px."""
    x, y = at_px
    pen = hands.script.stroke_core_px
    if hands.word_style == "font":
        patch, top, advance = _set_glyphs(word, hands.font, height_px)
        if len(patch):
            sheet.pen.lay(patch, round(x), round(y + top), N_DIGITS, "word")
        return x + advance
    if hands.word_style == "cursive":
        tracks = write_words(word, draw_script(rng), height_px, rng)
        if not tracks:
            return x
        points = np.concatenate(tracks)
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        margin = pen / 20 * height_px + 2
        coverage = np.zeros(np.ceil(high - low + 2 * margin).astype(int)[::-1], np.float32)
        stamp_ink(coverage, [t - [*(low - margin), 0] for t in tracks], max(1.0, pen / 20 * height_px))
        patch = np.clip(255 * coverage, 0, 255).astype(np.uint8)
        sheet.pen.lay(patch, round(x), round(y + low[1] - margin), N_DIGITS, "word")
        return x + float(high[0] - low[0])
    for character in word.lower():
        at = ord(character) - ord("a")
        if not 0 <= at < len(hands.alphabet):
            x += 0.3 * height_px
            continue
        x = write_letter(sheet, hands.alphabet[at], (x, y), height_px, hands, rng, character)
        x += rng.uniform(0.02, 0.18) * height_px
    return x


def write_letter(
    sheet: Sheet,
    mask: Mask,
    at_px: tuple[float, float],
    height_px: float,
    hands: Hands,
    rng: np.random.Generator,
    character: str = "T",
) -> float:
    """Write one letter from a mask of somebody's; return where it ends, px."""
    x, y = at_px
    share, drop = (0.62, 0.0) if character in "acemnorsuvwxz" else (0.9, 0.3) if character in "gjpqy" else (1.0, 0.0)
    own = height_px * share * rng.uniform(0.9, 1.1)
    mask = crop_ink(change_stroke(mask, hands.script.stroke_core_px / share, 12.0))
    factor = own / max(4.0, len(mask), 0.6 * mask.shape[1])
    size = max(1, round(mask.shape[1] * factor)), max(1, round(len(mask) * factor))
    patch = cv2.resize(mask, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    sheet.pen.lay(patch, round(x), round(y + drop * own) - len(patch), N_DIGITS, "letter")
    return x + size[0]


def write_phrase(
    sheet: Sheet, text: str, at_px: tuple[float, float], height_px: float, hands: Hands, rng: np.random.Generator
) -> float:
    """Write words, numbers and signs by hand, each run parted from the next; return where it ends, px.

    Digits next to a sign are numbers of their own: `12/03` is two.
    """
    x, y = at_px
    for part in re.findall(r"\d+|[A-Za-z]+|\s+|[^\dA-Za-z\s]", text):
        if part.isspace():
            x += rng.uniform(0.35, 0.8) * height_px
        elif part.isdigit():
            x = write_number(sheet.pen, part, (x, y), height_px, hands.script, rng) + 0.08 * height_px
        elif part in _SIGNS:
            x = write_sign(sheet.pen, _SIGNS[part], (x, y), height_px, hands.script, rng) + 0.08 * height_px
        elif part == ":":
            write_sign(sheet.pen, ".", (x, y - 0.1 * height_px), height_px, hands.script, rng)
            x = write_sign(sheet.pen, ".", (x, y - 0.5 * height_px), height_px, hands.script, rng) + 0.1 * height_px
        elif part in "()":
            x = write_bracket(sheet, part, (x, y), height_px, hands, rng) + 0.08 * height_px
        elif part == ">":
            x = write_arrow(sheet, (x, y - 0.4 * height_px), height_px, hands, rng) + 0.1 * height_px
        else:
            x = write_word(sheet, part, (x, y), height_px * rng.uniform(0.75, 1.0), hands, rng)
    return x


def write_bracket(
    sheet: Sheet, sign: str, at_px: tuple[float, float], height_px: float, hands: Hands, rng: np.random.Generator
) -> float:
    """Write a parenthesis; return where it ends, px."""
    depth = rng.uniform(0.12, 0.25) * height_px
    t = np.linspace(-1, 1, 9)
    bow = depth * (1 - t**2) * (-1 if sign == "(" else 1)
    points = np.column_stack([at_px[0] + (depth if sign == "(" else 0) + bow, at_px[1] - height_px * (0.45 + 0.55 * t)])
    lay_stroke(sheet, points, pen_px(hands, height_px), "sign")
    return at_px[0] + depth


def write_arrow(
    sheet: Sheet, at_px: tuple[float, float], height_px: float, hands: Hands, rng: np.random.Generator
) -> float:
    """Write an arrow to the right; return where it ends, px."""
    length, head = rng.uniform(0.6, 1.5) * height_px, rng.uniform(0.12, 0.25) * height_px
    x, y = at_px
    end = np.array([x + length, y])
    points = np.array([[x, y], end, end + [-head, -head], end, end + [-head, head]])
    lay_stroke(sheet, points, pen_px(hands, height_px), "sign")
    return x + length


def pen_px(hands: Hands, height_px: float) -> float:
    """Return the width of the pen at this height of digits, px."""
    return max(1.0, hands.script.stroke_core_px / 20 * height_px)


def lay_stroke(sheet: Sheet, points: np.ndarray, width_px: float, kind: str, *, owns: bool = True) -> None:
    """Draw a pen stroke through `points`, float (N, 2) px; where it `owns` nothing it is a line, no mark."""
    layer = np.zeros_like(sheet.lines)
    thickness = max(1, round(width_px))
    cv2.polylines(layer, [np.rint(np.asarray(points) * 16).astype(np.int32)], False, 255, thickness, cv2.LINE_AA, 4)
    np.maximum(sheet.pen.coverage, layer, out=sheet.pen.coverage)
    if owns and layer.any():
        draft = sheet.pen
        draft.labels.append(N_DIGITS)
        draft.kinds.append(kind)
        draft.groups.append(-1)
        draft.owner[(layer > 100) & (draft.owner == 0)] = len(draft.labels)
