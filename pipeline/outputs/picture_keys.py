"""The keys of a record that hold pictures for the HTML report; `pipeline.outputs.report_pictures` makes them."""

from __future__ import annotations

from collections.abc import Sequence

THUMBNAIL, PICTURE, CROPS = "thumbnail", "picture", "crops"
"""The page, small and large, and its numbers, by what `name_box` returns for their boxes."""

PICTURE_KEYS = (THUMBNAIL, PICTURE, CROPS)

DATA_URI = "data:image/webp;base64,"
"""What every picture begins with."""


def name_box(box: Sequence[int]) -> str:
    """Return the name of a number's crop: the sides of its box, so that a crop stays with its number."""
    return " ".join(map(str, box))
