"""The page network: a page in, maps of its digits out, four pixels to a cell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelError
from pipeline.system.native_stderr import silence_native_stderr
from pipeline.system.runtimes.litert import LiteRtNetwork

CELL_PX = 4
"""Pixels of the page to a cell of the maps, each way."""

MULTIPLE_PX = 32
"""Sides of what the network takes are multiples of this."""

SMALL_PX = 400 * 400
"""Pixels of a small picture at most: what a page is looked at with first."""

UNIT_HEIGHT_PX = 32
"""The digit height that the map of heights gives as 0; each doubling adds 1."""

_MOST_DEVIATIONS = 3.0
_LEAST_DEVIATION = 2.0
"""Gray levels: a bare sheet is not stretched until its noise fills the range."""


class Channel(IntEnum):
    """The maps, in the order of the network's output.

    AREA, CENTER, LINK, OTHER and PRINTED are logits; HEIGHT is log2(digit height px / 32); UP_X and UP_Y are a vector
    of length 1 or less, y down. HEIGHT, UP_X, UP_Y and PRINTED have a meaning within AREA alone.
    """

    AREA = 0
    CENTER = 1
    LINK = 2
    OTHER = 3
    HEIGHT = 4
    UP_X = 5
    UP_Y = 6
    PRINTED = 7


N_CHANNELS = len(Channel)


@dataclass(frozen=True, slots=True, eq=False)
class PageNetwork:
    """A loaded page network.

    Attributes
    ----------
    name : of the model's folder
    network : float32 (1, H, W, 1) in, float32 (1, H / 4, W / 4, 8) out, H and W multiples of 32
    small : the same for pictures of up to `SMALL_PX` pixels: a network that is given another shape allocates its memory
        anew, which takes nearly as long as a large picture; None if one network does for all
    """

    name: str
    network: LiteRtNetwork
    small: LiteRtNetwork | None = None

    def predict(self, gray: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the maps of a page uint8 (H, W): float32 (ceil(H / 4), ceil(W / 4), 8), in the order of `Channel`."""
        height, width = gray.shape
        below, right = -height % MULTIPLE_PX, -width % MULTIPLE_PX
        page = cv2.copyMakeBorder(standardize(gray), 0, below, 0, right, cv2.BORDER_REPLICATE)
        network = self.small if self.small and page.size <= SMALL_PX else self.network
        maps = network(page[None, :, :, None])[0]
        inside: NDArray[np.float32] = maps[: -(-height // CELL_PX), : -(-width // CELL_PX)]
        return inside


def standardize(gray: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a page uint8 (H, W) as float32 (H, W) of mean 0 and deviation 1, clipped to 3 deviations either way."""
    mean, deviation = (float(value[0, 0]) for value in cv2.meanStdDev(gray))
    levels = (np.arange(256, dtype=np.float32) - mean) / max(deviation, _LEAST_DEVIATION)
    levels = np.clip(levels, -_MOST_DEVIATIONS, _MOST_DEVIATIONS).astype(np.float32)
    standardized: NDArray[np.float32] = cv2.LUT(gray, levels)
    return standardized


def load_page_network(folder: Path) -> PageNetwork:
    """Return the page network of a model folder, loaded and tried out.

    Raises
    ------
    ModelError
        If it is missing or damaged, or takes or gives anything else than a page network does.
    """
    path = folder / "model.tflite"
    network = LiteRtNetwork(path)
    if network.taken[1:] != (-1, -1, 1) or network.given[3:] != (N_CHANNELS,):
        raise ModelError(f"{path}: expected a page network, received one from {network.taken} to {network.given}")
    try:
        with silence_native_stderr():
            maps = network(np.zeros((1, 2 * MULTIPLE_PX, MULTIPLE_PX, 1), np.float32))
    except (ValueError, RuntimeError) as error:
        raise ModelError(f"{path}: the model does not run on a page ({error})") from error
    expected = (1, 2 * MULTIPLE_PX // CELL_PX, MULTIPLE_PX // CELL_PX, N_CHANNELS)
    if maps.shape != expected or not np.isfinite(maps).all():
        raise ModelError(f"{path}: expected finite maps {expected}, received {maps.shape}")
    return PageNetwork(folder.name, network, LiteRtNetwork(path))
