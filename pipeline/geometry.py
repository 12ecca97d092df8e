"""Boxes of pixels: where things are, and how much two of them share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


def expect(condition: bool, owner: object, expected: str, received: object) -> None:
    """Raise a ValueError that tells what `owner`, an object or class, expected and what it received, unless so."""
    if not condition:
        name = owner.__name__ if isinstance(owner, type) else type(owner).__name__
        raise ValueError(f"{name}: expected {expected}, received {received}")


@dataclass(frozen=True, slots=True, order=True)
class Box:
    """A rectangle of pixels: columns left..right-1 and rows top..bottom-1."""

    left: int
    top: int
    right: int
    bottom: int

    def __post_init__(self) -> None:
        if self.left >= self.right or self.top >= self.bottom:
            expect(False, self, "left < right and top < bottom", self.as_list())

    @property
    def width(self) -> int:
        """Columns covered, in px."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows covered, in px."""
        return self.bottom - self.top

    @property
    def center(self) -> tuple[float, float]:
        """Center (x, y) in px."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def slices(self) -> tuple[slice, slice]:
        """Row and column slices that cut this box out of an image array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @classmethod
    def around(cls, boxes: Sequence[Box]) -> Box:
        """Return the smallest box that holds all of `boxes`, at least one."""
        expect(len(boxes) > 0, cls, "at least one box", 0)
        return cls(
            min([b.left for b in boxes]),
            min([b.top for b in boxes]),
            max([b.right for b in boxes]),
            max([b.bottom for b in boxes]),
        )

    def measure_shared(self, other: Box) -> int:
        """Return the area in px that this box and another have in common."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0, across) * max(0, down)

    def as_list(self) -> list[int]:
        """[left, top, right, bottom], as the JSON output has it."""
        return [self.left, self.top, self.right, self.bottom]


def move_box(box: Box, dx: float, dy: float) -> Box:
    """Return the box moved by whole pixels."""
    x, y = round(dx), round(dy)
    return Box(box.left + x, box.top + y, box.right + x, box.bottom + y)


def measure_overlap(a: Box, b: Box) -> float:
    """Return the shared area over the joint one, 0..1."""
    shared = a.measure_shared(b)
    return shared / (a.width * a.height + b.width * b.height - shared)


_LEAST_INSIDE = 0.6
"""Share of a part that lies within the whole."""


def is_within(part: Box, whole: Box) -> bool:
    """Return whether most of a part lies within a number."""
    return part.measure_shared(whole) >= _LEAST_INSIDE * part.width * part.height
