"""Numbered pictures read as a video, in the order of their numbers; one that is damaged is a frame that is missed."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import InputError
from pipeline.images.load import open_picture
from pipeline.settings.images import ImageSettings
from pipeline.system.native_stderr import silence_native_stderr

_NUMBER = re.compile(r"%(0?)(\d*)d")
_FULL_SIZE = ImageSettings(work_side_px=20_000, least_side_px=1)


def is_sequence(name: str) -> bool:
    """Return whether a name is that of numbered pictures, such as img_%03d.png, and not of a file."""
    return _NUMBER.search(name) is not None and not Path(name).is_file()


class PictureSequence:
    """Reads numbered pictures as `cv2.VideoCapture` reads a video, with the checks that pictures get everywhere.

    `cv2.VideoCapture` itself ends at the first picture that cannot be decoded, and at a gap in the numbers.

    Parameters
    ----------
    pattern : path whose name has a number such as %03d
    """

    def __init__(self, pattern: str) -> None:
        self._paths = _list_numbered(Path(pattern))
        self._next = 0

    def isOpened(self) -> bool:  # noqa: N802
        """Return whether there are such pictures."""
        return bool(self._paths)

    def read(self) -> tuple[bool, NDArray[np.uint8] | None]:
        """Return (True, uint8 (H, W, 3) in BGR) of the next picture; (False, None) if it is damaged or past the end."""
        if self._next >= len(self._paths):
            return False, None
        self._next += 1
        try:
            with silence_native_stderr():
                return True, open_picture(self._paths[self._next - 1], _FULL_SIZE).load_color()
        except InputError:
            return False, None

    def get(self, what: int) -> float:
        """Return the number of pictures for CAP_PROP_FRAME_COUNT, 0 for what pictures do not state."""
        return float(len(self._paths)) if what == cv2.CAP_PROP_FRAME_COUNT else 0.0

    def release(self) -> None:
        """End the sequence."""
        self._next = len(self._paths)


def _list_numbered(pattern: Path) -> list[Path]:
    """Return the pictures that a pattern stands for, by number."""
    found = _NUMBER.search(pattern.name)
    if found is None or not pattern.parent.is_dir():
        return []
    digits = rf"(\d{{{int(found[2] or 1)},}})" if found[1] else r"(\d+)"
    name = re.compile(re.escape(pattern.name[: found.start()]) + digits + re.escape(pattern.name[found.end() :]))
    numbered = [(int(match[1]), path) for path in pattern.parent.iterdir() if (match := name.fullmatch(path.name))]
    return [path for _, path in sorted(numbered)]
