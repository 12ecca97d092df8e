"""The part of a page that is to be read, in pixels or percent of the upright original."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline.errors import RegionError
from pipeline.geometry import Box, expect

_WHOLE = 100.0


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of a page: its sides in px of the upright original, or in percent of its size."""

    left: float
    top: float
    right: float
    bottom: float
    is_percent: bool = False

    def __post_init__(self) -> None:
        sides = self.left, self.top, self.right, self.bottom
        expect(all(map(math.isfinite, sides)), self, "finite sides", sides)
        expect(min(sides) >= 0, self, "no side below 0", sides)
        expect(self.left < self.right and self.top < self.bottom, self, "left < right and top < bottom", sides)
        expect(not self.is_percent or max(sides) <= _WHOLE, self, "at most 100 %", sides)

    def __str__(self) -> str:
        sides = self.left, self.top, self.right, self.bottom
        return ",".join(f"{side:g}" + ("%" if self.is_percent else "") for side in sides)

    def find_box(self, size_px: tuple[int, int]) -> Box:
        """Return the px of a picture of `size_px` (width, height) that lie in the region, every px that it touches.

        Raises
        ------
        RegionError
            If the region lies beyond the picture.
        """
        width, height = size_px
        x, y = (width / _WHOLE, height / _WHOLE) if self.is_percent else (1.0, 1.0)
        left, top = math.floor(self.left * x + 1e-6), math.floor(self.top * y + 1e-6)
        right, bottom = math.ceil(self.right * x - 1e-6), math.ceil(self.bottom * y - 1e-6)
        if left >= width or top >= height:
            message = f"the region {self} lies beyond the picture of {width} x {height} px"
            raise RegionError(message, "give --roi in pixels of the upright picture, or in percent: 0%,50%,100%,100%")
        return Box(left, top, min(max(right, left + 1), width), min(max(bottom, top + 1), height))
