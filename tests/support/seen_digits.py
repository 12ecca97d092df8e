"""A page network whose answers are plain: it sees each block of black over gray as a digit, its black end up."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.detection.detect import find_digits
from pipeline.detection.detection import Detection
from pipeline.detection.page_network import CELL_PX, N_CHANNELS, UNIT_HEIGHT_PX, Channel
from pipeline.settings.detection import DetectionSettings

SETTINGS = DetectionSettings()
SURE, BARE = 8.0, -8.0
"""Logits."""


class BlockNetwork:
    """Sees blocks that `draw_block` drew, at any scale and turn by quarters, and links those near each other."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []

    def predict(self, gray: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the maps of a page, and keep its shape in `seen`."""
        self.seen.append(gray.shape)
        maps = np.zeros((-(-gray.shape[0] // CELL_PX), -(-gray.shape[1] // CELL_PX), N_CHANNELS), np.float32)
        maps[..., : Channel.HEIGHT] = BARE
        maps[..., Channel.PRINTED] = BARE
        paper = np.median(gray)
        away = np.abs(gray.astype(np.float32) - paper)
        _, _, stats, centers = cv2.connectedComponentsWithStats((away > 40).astype(np.uint8))
        for (left, top, width, height, _), (x, y) in zip(stats[1:], centers[1:], strict=True):
            weights = away[top : top + height, left : left + width] ** 4
            rows, columns = np.mgrid[:height, :width]
            up = np.array([np.average(columns, weights=weights), np.average(rows, weights=weights)])
            up -= (width / 2 - 0.5, height / 2 - 0.5)
            up = up / max(1e-6, np.hypot(*up))
            block = (
                slice(top // CELL_PX, (top + height) // CELL_PX + 1),
                slice(left // CELL_PX, (left + width) // CELL_PX + 1),
            )
            maps[(*block, Channel.AREA)] = SURE
            tall = height if abs(up[1]) > abs(up[0]) else width
            maps[(*block, slice(Channel.HEIGHT, Channel.PRINTED))] = (np.log2(tall / UNIT_HEIGHT_PX), *up)
            maps[int(y) // CELL_PX, int(x) // CELL_PX, Channel.CENTER] = SURE
        return maps


def draw_block(page: NDArray[np.uint8], left: int, top: int, height: int, ink: tuple[int, int] = (0, 120)) -> None:
    """Draw a block half as wide as it is tall, its upper and lower half of the levels `ink`."""
    page[top : top + height // 2, left : left + height // 2] = ink[0]
    page[top + height // 2 : top + height, left : left + height // 2] = ink[1]


def see(shape: tuple[int, int], *digits: tuple[int, int], height_px: float = 40.0, printed: bool = False) -> Detection:
    """Return the detection of a page (H, W) with upright digits at centers (x, y) px; those of a row are linked."""
    maps = np.zeros((shape[0] // CELL_PX, shape[1] // CELL_PX, N_CHANNELS), np.float32)
    maps[..., Channel.HEIGHT] = np.log2(height_px / UNIT_HEIGHT_PX)
    maps[..., Channel.UP_Y] = -1
    maps[..., Channel.PRINTED] = float(printed)
    reach = round(height_px / 2 / CELL_PX)
    for at, (x, y) in enumerate(digits):
        column, row = x // CELL_PX, y // CELL_PX
        maps[row - reach : row + reach + 1, max(0, column - reach // 2) : column + reach // 2 + 1, Channel.AREA] = 1
        maps[row, column, Channel.CENTER] = 0.9
        if at and digits[at - 1][1] == y:
            maps[row - 1 : row + 2, digits[at - 1][0] // CELL_PX : column + 1, Channel.LINK] = 1
    return find_digits(np.ascontiguousarray(maps.transpose(2, 0, 1)), 1 / CELL_PX, SETTINGS)


def make_maps(*peaks: tuple[int, int, float], height: float = 0.0) -> np.ndarray:
    """Return maps 20x30 with peaks (row, column, probability) of digits of 32 px times 2 ** height, lying upright."""
    maps = np.zeros((20, 30, N_CHANNELS), np.float32)
    maps[..., Channel.HEIGHT], maps[..., Channel.UP_Y] = height, -1
    for row, column, probability in peaks:
        maps[row, column, Channel.CENTER] = probability
    return np.ascontiguousarray(maps.transpose(2, 0, 1))
