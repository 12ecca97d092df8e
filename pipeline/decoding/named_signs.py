"""Signs and letters that the line network knows by name: what they part, and how they are written.

Minus, point and comma are left to `signs`: they are small, and where they stand tells more than how they look.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, zip_longest

import numpy as np
from numpy.typing import NDArray

from pipeline.decoding.lattice_decoder import make_reading
from pipeline.decoding.pick import Pick
from pipeline.decoding.signs import Sign
from pipeline.geometry import Box
from pipeline.page_scale import measure_digit_height
from pipeline.recognition.column_classes import COLUMN_CLASSES, FIRST_SIGN, NOTHING, OTHER, SPACE
from pipeline.recognition.line_images import COLUMN_PX, LineImage
from pipeline.settings.decoding import SignSettings
from pipeline.types import N_DIGITS, Reading, Span

_JOINING = "/:"
"""Between two digits, near both: the signs of dates, times and fractions."""

_BEFORE, _AFTER = "+($", "%)"
"""Written before a number's first digit, and behind its last."""

_INKED = 60
"""Level of a line image from which a pixel is ink."""

_SIGN_REACH, _MARK_REACH = 1.0, 0.625
"""Half of the width of a sign, and of a letter or mark, in widths of the columns that show its middle."""

_LEAST_NAMED = 0.25
"""Of a sign in its column: with less it is a space."""

_MOST_COVERED = 0.5
"""Of a sign's width: with more of it above or below a digit, the sign is that digit."""

_PLUS_GAPS = 1.5
"""The white before a plus is so much wider than that behind it, or it stands between two things."""


def find_signs(image: LineImage, posteriors: NDArray[np.float32], least_sure: float) -> list[Pick]:
    """Return the signs, letters and struck ink of a text line, left to right, as ink passed over that has a name.

    Parameters
    ----------
    image : of the whole line
    posteriors : float32 (columns, K) of `COLUMN_CLASSES`, rows of sum 1
    least_sure : probability that a sign, or the space beside one, must have in a column
    """
    named = posteriors[:, FIRST_SIGN:]
    mass = named.sum(axis=1)
    is_named = (mass + posteriors[:, SPACE] >= least_sure) & (mass >= _LEAST_NAMED)
    best = np.where(is_named, FIRST_SIGN + named.argmax(axis=1), NOTHING)
    starts = np.flatnonzero(np.diff(best, prepend=-1))
    picks = []
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(best)], strict=True):
        label = int(best[start])
        if label != NOTHING:
            box = _box_sign(image, start, end, _MARK_REACH if label >= OTHER else _SIGN_REACH)
            picks.append(_make_pick(box, COLUMN_CLASSES[label]))
    return picks


def _box_sign(image: LineImage, start: int, end: int, reach: float) -> Box:
    """Return the page's px around the ink whose middle columns `start` to `end` show."""
    half = reach * (end - start)
    left, right = (
        min(max(0.0, edge * COLUMN_PX), float(image.pixels.shape[1]))
        for edge in ((start + end) / 2 - half, (start + end) / 2 + half)
    )
    inked = np.flatnonzero((image.pixels[:, int(left) : int(np.ceil(right)) + 1, 0] > _INKED).any(axis=1))
    top, bottom = (int(inked[0]), int(inked[-1]) + 1) if len(inked) else (0, len(image.pixels))
    corners = np.array([(x, y, 1) for x in (left, right) for y in (top, bottom)], np.float64).T
    xs, ys = image.to_page @ corners
    middle, half_px = float(xs.mean()), (right - left) / 2 * image.to_page[0, 0]
    x0, y0 = max(0, round(middle - half_px)), max(0, round(float(ys.min())))
    return Box(x0, y0, max(x0 + 1, round(middle + half_px)), max(y0 + 1, round(float(ys.max()))))


def _make_pick(box: Box, sign: str) -> Pick:
    mask = np.zeros((box.height, box.width), np.uint8)
    return Pick(Span(0, 1, box, mask, 1.0), np.zeros(N_DIGITS, np.float32), False, sign)


def drop_read_signs(signs: Sequence[Pick], path: Sequence[Pick]) -> list[Pick]:
    """Return the signs whose ink was not read as a digit of the path after all."""
    digits = [pick.span.box for pick in path if pick.is_digit]
    return [sign for sign in signs if not any(_is_covered(sign.span.box, digit) for digit in digits)]


def _is_covered(sign: Box, digit: Box) -> bool:
    shared = min(sign.right, digit.right) - max(sign.left, digit.left)
    return shared > _MOST_COVERED * sign.width


def list_signs(path: Sequence[Pick]) -> list[Sign]:
    """Return what a line's path knows by name, left to right."""
    return [Sign(pick.sign, pick.span.box) for pick in path if pick.sign]


def join_at_signs(
    readings: Sequence[Reading], signs: Mapping[int, Sequence[Sign]], settings: SignSettings
) -> tuple[Reading, ...]:
    """Return the readings with their signs in the text, those joined that a sign holds together.

    `12/03/2024`, `10:45`, `7/10` and `(415) 555` are one number each; `12 + 30 = 42` are three. Nothing but a per cent
    sign and a closing parenthesis is written behind the last digit.

    Parameters
    ----------
    readings : numbers of a page in reading order, boxes in page px
    signs : of each line that has any, by its number
    settings : whether signs are wanted, and how near they stand
    """
    if not settings.is_enabled:
        return tuple(readings)
    written: list[Reading] = []
    for line, own in groupby(readings, key=lambda reading: reading.line):
        written += _write_line(sorted(own, key=lambda r: r.box.left), signs.get(line, ()), settings)
    return tuple(written)


def _write_line(readings: Sequence[Reading], signs: Sequence[Sign], settings: SignSettings) -> Iterator[Reading]:
    """Yield the numbers of one line, left to right, with their signs."""
    at = 0
    while at < len(readings):
        parts, joints = [readings[at]], list[Sign]()
        opening = _find_before(readings[at - 1] if at else None, readings[at], signs, settings)
        while at + 1 < len(readings):
            joint = _find_joint(parts[-1], readings[at + 1], opening, signs, settings)
            if joint is None:
                break
            at += 1
            joints.append(joint)
            parts.append(readings[at])
        at += 1
        closing = _find_after(parts[-1], readings[at] if at < len(readings) else None, opening, signs, settings)
        yield _write(parts, joints, opening, closing)


def _write(parts: Sequence[Reading], joints: Sequence[Sign], opening: Sign | None, closing: Sign | None) -> Reading:
    """Return the parts as one number, with the signs between them, before and behind."""
    text, used = "", [sign for sign in (opening, *joints, closing) if sign is not None]
    for part, joint in zip_longest(parts, joints):
        text += part.text + (joint.text if joint else "")
    text = (opening.text if opening else "") + text + (closing.text if closing else "")
    digits = [digit for part in parts for digit in part.digits]
    whole = parts[0] if len(parts) == 1 else replace(make_reading(digits, parts[0].line), writing=parts[0].writing)
    flaw = next((part.flaw for part in parts if part.flaw), None)
    boxes = (*(box for part in parts for box in part.signs), *(sign.box for sign in used))
    return replace(whole, text=text, flaw=flaw, box=Box.around([*(d.box for d in digits), *boxes]), signs=boxes)


def _list_between(before: Box | None, after: Box | None, signs: Sequence[Sign]) -> list[Sign]:
    """Return the signs whose middles lie between those of two digits, left to right; None is the line's end."""
    left, right = before.center[0] if before else -np.inf, after.center[0] if after else np.inf
    return [sign for sign in signs if left < sign.box.center[0] < right]


def _find_joint(
    before: Reading, after: Reading, opening: Sign | None, signs: Sequence[Sign], settings: SignSettings
) -> Sign | None:
    """Return the sign that holds two numbers together, near both; or a parenthesis that ends between them."""
    a, b = before.digits[-1].box, after.digits[0].box
    between = _list_between(a, b, signs)
    if len(between) != 1:
        return None
    near_px, sign = settings.most_gap_frac * measure_digit_height([a, b]), between[0]
    whites = sign.box.left - a.right, b.left - sign.box.right
    if sign.text == ")" and opening is not None and opening.text == "(":
        return replace(sign, text=") ") if whites[0] <= near_px and whites[1] <= 2 * near_px else None
    return sign if sign.text in _JOINING and max(whites) <= near_px else None


def _find_before(
    previous: Reading | None, reading: Reading, signs: Sequence[Sign], settings: SignSettings
) -> Sign | None:
    """Return the sign right before a number's first digit: of a plus, the white before it is wider."""
    first = reading.digits[0].box
    between = _list_between(previous.digits[-1].box if previous else None, first, signs)
    if not between or between[-1].text not in _BEFORE:
        return None
    sign, near_px = between[-1], settings.most_gap_frac * first.height
    white = first.left - sign.box.right
    edges = [previous.digits[-1].box.right] if previous else []
    edges += [other.box.right for other in between[:-1]]
    before = min((sign.box.left - edge for edge in edges), default=np.inf)
    is_free = sign.text in "($" or before >= max(near_px, _PLUS_GAPS * white)
    return sign if white <= near_px and is_free else None


def _find_after(
    reading: Reading,
    following: Reading | None,
    opening: Sign | None,
    signs: Sequence[Sign],
    settings: SignSettings,
) -> Sign | None:
    """Return the per cent sign right behind a number's last digit, or the parenthesis that ends there."""
    last = reading.digits[-1].box
    between = _list_between(last, following.digits[0].box if following else None, signs)
    if not between or between[0].text not in _AFTER:
        return None
    sign = between[0]
    is_open = opening is not None and opening.text == "("
    is_near = sign.box.left - last.right <= settings.most_gap_frac * last.height
    return sign if is_near and (sign.text == "%" or is_open) else None
