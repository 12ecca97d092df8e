"""A photographed page, and what every mark on it is: the truth of the page network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class MarkedPage:
    """A photo and the marks on it, each tuple one item for a mark.

    Attributes
    ----------
    photo : uint8 (H, W)
    owner : uint16 (H, W), 0 where nobody wrote, else 1 + index of the mark whose ink it is
    labels : 0..9, a sign's or struck ink's of `COLUMN_CLASSES`, or 10 for any other
    kinds : "digit"; "cut" for a digit that the rim cuts or other ink covers; else what other writing it is
    groups : index of the number that it belongs to, -1 for none
    printed : 1 in print, 0 by hand
    ups : unit vector (x, y) px to where the writing's up points; (0, -1) where it is upright
    tags : of the page
    """

    photo: NDArray[np.uint8]
    owner: NDArray[np.uint16]
    labels: tuple[int, ...]
    kinds: tuple[str, ...]
    groups: tuple[int, ...]
    printed: tuple[int, ...]
    ups: tuple[tuple[float, float], ...]
    tags: tuple[str, ...]


def write_marked_page(page: MarkedPage, folder: Path, stem: str) -> dict[str, Any]:
    """Write the photo as `stem`.jpg and the owners as `stem`.png; return the page's line of pages.jsonl."""
    coded = cv2.imencode(".jpg", page.photo, [cv2.IMWRITE_JPEG_QUALITY, 92])[1]
    (folder / f"{stem}.jpg").write_bytes(coded.tobytes())
    (folder / f"{stem}.png").write_bytes(cv2.imencode(".png", page.owner)[1].tobytes())
    marks = {"labels": page.labels, "kinds": page.kinds, "groups": page.groups, "printed": page.printed}
    return {"file": f"{stem}.jpg", **marks, "up": page.ups, "tags": page.tags}
