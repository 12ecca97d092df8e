"""A picture of samples/: its text, paper and pen, and how it is photographed. Lengths in mm."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from train.synthesis.photos.color_camera import Camera, Light, Outline
from train.synthesis.photos.color_paper import Color

Surface = Literal["plain", "ruled", "squared", "boxes", "table", "board"]

WHITE: Color = (0.85, 0.87, 0.88)
CREAM: Color = (0.68, 0.78, 0.83)
GRAY: Color = (0.7, 0.71, 0.71)
GREEN_BOARD: Color = (0.055, 0.068, 0.05)
OAK: Color = (0.16, 0.26, 0.38)

EUROPEAN = {"1": "upstroke", "7": "crossed"}
LAMP: Color = (0.8, 0.97, 1.1)
NEON: Color = (0.95, 1.02, 0.95)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the rows stand.

    Attributes
    ----------
    digits_mm : height of each row's digits; the last one holds for all further rows
    start_mm : left end of the first row's baseline, in the photo
    row_mm, gap_mm : from baseline to baseline, and between two numbers of a row
    turn_deg : counterclockwise turn of each row
    column_mm : from column to column of a table; 0 where numbers follow one another
    """

    digits_mm: tuple[float, ...] = (9,)
    start_mm: tuple[float, float] = (25, 40)
    row_mm: float = 18
    gap_mm: float = 14
    turn_deg: float = 0
    column_mm: float = 0


@dataclass(frozen=True, slots=True)
class SamplePage:
    """One picture.

    Attributes
    ----------
    file, seed : its name, and the seed of all its chance (writer, paper, noise)
    rows, layout : numbers, row by row, and where they stand; of a table also its empty cells
    size_px, width_mm : the photo, and how much of the sheet lies across it
    surface, color : what is written on
    pen : a name from `paper.PENS`
    is_hurried : digits touch
    shapes : shapes that this writer is known for, the others by chance
    corners : where the corners of the sheet lie in the photo (clockwise from top left); empty: beyond its rim
    is_folded : the sheet has a fold
    is_scan : gray, flat, no perspective
    orientation : EXIF orientation that the file is stored with
    quality : of the JPEG or WebP
    tags : for the score
    """

    file: str
    seed: int
    rows: tuple[tuple[str, ...], ...]
    layout: Layout = field(default_factory=Layout)
    size_px: tuple[int, int] = (1024, 768)
    width_mm: float = 150
    surface: Surface = "plain"
    color: Color = WHITE
    pen: str = "blue ballpoint"
    is_hurried: bool = False
    shapes: dict[str, str] = field(default_factory=dict)
    light: Light = field(default_factory=Light)
    camera: Camera = field(default_factory=Camera)
    corners: Outline = ()
    is_folded: bool = False
    is_scan: bool = False
    orientation: int = 1
    quality: int = 80
    tags: tuple[str, ...] = ("clean",)
