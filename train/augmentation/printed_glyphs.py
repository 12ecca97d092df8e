"""Printed characters, drawn from the installed fonts: digits to read, letters and signs to reject.

matplotlib ships DejaVu, STIX and Computer Modern; fonts installed on the computer are used too, as far as they draw
the digits; OpenCV draws Hershey's strokes. No font file goes into the project.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import matplotlib
import numpy as np
from matplotlib import font_manager
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from train.augmentation.ink import Mask, crop_ink

DIGITS = "0123456789"
NOT_DIGITS = "ACEFHKLMNPRTUVWXcehkmnpuvwx+=%&@#*$~^÷×€"
"""Letters and signs that no hand's digit resembles: no O D Q o (0), I i l ! | / (1), Z z (2), B (8), Y y (4), S s (5),
G b (6), J j f r t ? > (7), a g q d (9), and no brackets, which may be a 1."""

_SIZE_PX = 72
_SHIPPED_PREFIXES = ("DejaVu", "STIXGeneral", "cmr", "cmss", "cmtt", "cmb")
_UNREADABLE = (
    "Symbol",
    "Dingbat",
    "Emoji",
    "Icon",
    "Ornament",
    "cmsy",
    "cmex",
    "cmmi",
    "STIXSiz",
    "STIXNonUni",
    "Math",
)
_HERSHEY = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_PLAIN,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)


def find_fonts(with_installed: bool = True) -> list[Path]:
    """Return the font files to draw with: those that matplotlib ships and, `with_installed`, the computer's."""
    shipped = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    found = [path for path in sorted(shipped.glob("*.ttf")) if path.name.startswith(_SHIPPED_PREFIXES)]
    if with_installed:
        known = {path.name for path in found}
        installed = sorted(Path(path) for path in font_manager.findSystemFonts())
        found += [path for path in installed if path.name not in known]
    return [path for path in found if not any(word in path.name for word in _UNREADABLE)]


def draw_glyphs(characters: str, fonts: list[Path]) -> list[list[Mask]]:
    """Return, for each of `characters`, its pictures in every font that has it.

    Returns
    -------
    one list for each character, of uint8 (h, w) masks, 255 ink, cut to the ink, about 50 px high
    """
    pictures: list[list[Mask]] = [[] for _ in characters]
    for path in fonts:
        font = ImageFont.truetype(str(path), _SIZE_PX)
        missing = _draw(font, "\uffff")
        for pictured, character in zip(pictures, characters, strict=True):
            mask = _draw(font, character)
            if cv2.countNonZero(mask) and not np.array_equal(mask, missing):
                pictured.append(mask)
    for pictured, character in zip(pictures, characters, strict=True):
        if character.isascii():
            pictured.extend(_draw_hershey(font, character) for font in _HERSHEY)
    return pictures


def _draw(font: ImageFont.FreeTypeFont, character: str) -> Mask:
    picture = Image.new("L", (2 * _SIZE_PX, 2 * _SIZE_PX))
    ImageDraw.Draw(picture).text((_SIZE_PX // 2, _SIZE_PX // 4), character, fill=255, font=font)
    return crop_ink(_binarize(np.asarray(picture)))


def _draw_hershey(font: int, character: str) -> Mask:
    picture = np.zeros((2 * _SIZE_PX, 2 * _SIZE_PX), np.uint8)
    cv2.putText(picture, character, (_SIZE_PX // 2, 3 * _SIZE_PX // 2), font, 2.4, 255, 5, cv2.LINE_AA)
    return crop_ink(_binarize(picture))


def _binarize(gray: NDArray[np.uint8]) -> Mask:
    return cv2.threshold(gray, 127, 255, cv2.THRESH_BINARY)[1]
