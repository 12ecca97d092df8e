"""The pictures of samples/: text, paper, pen, and how each is photographed. Lengths in mm."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from train.synthesis.photos.color_camera import Camera, Light, Outline
from train.synthesis.photos.color_paper import Color

Surface = Literal["plain", "ruled", "squared", "boxes", "board"]

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
    """

    digits_mm: tuple[float, ...] = (9,)
    start_mm: tuple[float, float] = (25, 40)
    row_mm: float = 18
    gap_mm: float = 14
    turn_deg: float = 0


@dataclass(frozen=True, slots=True)
class SamplePage:
    """One picture.

    Attributes
    ----------
    file, seed : its name, and the seed of all its chance (writer, paper, noise)
    rows, layout : numbers, row by row, and where they stand
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


SAMPLE_PAGES = (
    SamplePage("plain.jpg", 11, (("4207", "1936"), ("58",)), Layout((9,), (18, 36), turn_deg=1.5), width_mm=110),
    SamplePage(
        "ruled.jpg",
        12,
        (("6182", "403"), ("75", "2091"), ("3348", "967")),
        Layout((7,), (30, 38)),
        surface="ruled",
        pen="black ballpoint",
        light=Light(0.55, 0.3, 60),
        tags=("clean", "lined-paper"),
    ),
    SamplePage(
        "squared.jpg",
        13,
        (("31415",), ("2718",), ("1618", "90")),
        Layout((8.5,), (20, 30), 20),
        width_mm=120,
        surface="squared",
        light=Light(0.5, 0.2, 200, tint=NEON),
        tags=("clean", "grid-paper"),
    ),
    SamplePage(
        "shadow.jpg",
        14,
        (("7350", "2846"), ("19", "604")),
        Layout((9,), (14, 32), 26),
        width_mm=110,
        pen="black ballpoint",
        light=Light(
            0.72,
            0.2,
            100,
            tint=(0.88, 0.98, 1.05),
            shadow=((0.34, 1.1), (0.43, 0.62), (0.5, 0.4), (0.72, -0.1), (1.1, -0.1), (1.1, 1.1)),
            shadow_depth=0.52,
            penumbra_frac=0.004,
        ),
        tags=("clean", "shadow"),
    ),
    SamplePage(
        "fine-pen.jpg",
        15,
        (("90214", "673"), ("8852", "41706")),
        Layout((7,), (28, 42), 22),
        size_px=(1600, 1200),
        color=CREAM,
        pen="fine ballpoint",
        light=Light(0.6, 0.35, 150),
        tags=("clean", "fine-pen"),
    ),
    SamplePage(
        "pencil.jpg",
        16,
        (("286", "5170"), ("94", "33")),
        Layout((11,), turn_deg=-2),
        width_mm=125,
        color=GRAY,
        pen="pencil",
        light=Light(0.5, 0.3, 240, 0.3),
        camera=Camera(1.0, 0.014),
        is_folded=True,
        tags=("clean", "pencil"),
    ),
    SamplePage(
        "marker.jpg",
        17,
        (("2026",),),
        Layout((30,), (20, 62)),
        size_px=(800, 600),
        width_mm=130,
        pen="marker",
        light=Light(0.55, 0.4, 30, 0.35, tint=LAMP),
        camera=Camera(0.9, 0.02),
        tags=("clean", "marker"),
    ),
    SamplePage(
        "chalkboard.jpg",
        18,
        (("365", "1024"), ("8",)),
        Layout((95,), (110, 270), 190, 110),
        width_mm=900,
        surface="board",
        color=GREEN_BOARD,
        pen="chalk",
        light=Light(1.5, 0.4, 140),
        tags=("clean", "blackboard"),
    ),
    SamplePage(
        "strip.png",
        19,
        (("493015572864",),),
        Layout((8.5,), (14, 22)),
        size_px=(1100, 280),
        width_mm=140,
        pen="gel pen",
        light=Light(0.9, 0.03, 90, 0.0, tint=(1, 1, 1)),
        camera=Camera(0.6, 0.002, 0),
        is_scan=True,
        tags=("clean", "scan"),
    ),
    SamplePage(
        "lines.webp",
        20,
        (("1204", "88"), ("967", "1350"), ("45", "7102"), ("3860", "29"), ("518", "640")),
        Layout((8,), (24, 40), 22, turn_deg=1),
        size_px=(1080, 1440),
        width_mm=120,
        pen="gel pen",
        light=Light(0.6, 0.25, 80),
        tags=("clean", "lines"),
    ),
    SamplePage(
        "blank.jpg", 21, (), size_px=(800, 600), light=Light(0.5, 0.35), is_folded=True, tags=("clean", "blank")
    ),
    SamplePage(
        "touching.jpg",
        22,
        (("350", "284"), ("9061",)),
        Layout((11,), (18, 34), 26),
        width_mm=110,
        pen="gel pen",
        is_hurried=True,
        tags=("clean", "touching"),
    ),
    SamplePage(
        "rotated.jpg",
        23,
        (("8641", "20"), ("573",)),
        Layout((10,), (16, 55), 24),
        size_px=(768, 1024),
        width_mm=105,
        pen="red felt pen",
        light=Light(0.6, 0.3, 45),
        orientation=6,
        tags=("clean", "exif"),
    ),
    SamplePage(
        "desk.jpg",
        24,
        (("6093",), ("1748", "25")),
        Layout((20,), (22, 45), 38, 18),
        size_px=(1600, 1200),
        width_mm=148,
        pen="marker",
        light=Light(0.62, 0.35, 115, 0.25, tint=LAMP),
        corners=((0.16, 0.14), (0.83, 0.1), (0.91, 0.87), (0.1, 0.9)),
        tags=("clean", "desk"),
    ),
    SamplePage(
        "form.jpg",
        25,
        (("30417526",), ("4860319",)),
        Layout((7,), (14, 34), 26),
        width_mm=115,
        surface="boxes",
        tags=("clean", "boxes"),
    ),
    SamplePage(
        "column.jpg",
        26,
        (("7",), ("3",), ("0",), ("5",), ("9",), ("2",)),
        Layout((11,), (38, 26), 20),
        size_px=(720, 1080),
        width_mm=90,
        pen="black ballpoint",
        light=Light(0.6, 0.3, 10),
        tags=("clean", "column"),
    ),
    SamplePage(
        "sizes.jpg",
        27,
        (("12",), ("3690",), ("5748",)),
        Layout((24, 14, 7), (24, 38), 28),
        width_mm=140,
        pen="gel pen",
        light=Light(0.58, 0.3, 170),
        tags=("clean", "size-mix"),
    ),
    SamplePage(
        "sevens.jpg",
        28,
        (("1717", "4971"), ("7141", "2176")),
        Layout((9,), (20, 35), 25),
        width_mm=130,
        surface="squared",
        color=CREAM,
        pen="black ballpoint",
        shapes=EUROPEAN,
        light=Light(0.55, 0.3, tint=LAMP),
        tags=("clean", "grid-paper"),
    ),
    SamplePage(
        "whiteboard.jpg",
        29,
        (("1850", "29"), ("674",)),
        Layout((75,), (100, 190), 150, 90, turn_deg=3),
        width_mm=700,
        pen="board marker",
        light=Light(0.8, 0.5, 75, 0.2, tint=NEON),
        camera=Camera(0.8, 0.014),
        tags=("clean", "whiteboard"),
    ),
    SamplePage(
        "sloping.jpg",
        30,
        (("58213",), ("9604",)),
        Layout((10,), (20, 36), 24, turn_deg=-9),
        width_mm=115,
        light=Light(0.5, 0.3, 300, 0.3, tint=LAMP),
        tags=("clean", "slanted-line"),
    ),
)
"""In the order of truth.json."""
