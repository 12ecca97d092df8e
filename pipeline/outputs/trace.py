"""A numbered picture of every stage, only when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.detection.detection import Detection
from pipeline.detection.page_network import Channel
from pipeline.reading.stages import Recognition, Stages, Trial
from pipeline.recognition.column_classes import COLUMN_CLASSES, NOTHING, SPACE
from pipeline.recognition.line_images import COLUMN_PX, LINE_IMAGE_PX, LineImage
from pipeline.system.files import make_folder, write_file

_RED, _GREEN, _BLUE = (40, 40, 220), (60, 160, 0), (220, 120, 0)
"""Colors, blue-green-red."""

_WHITE = (255, 255, 255)
_MOST_LINE_IMAGES = 60
_SHADE = 0.5
"""Share of a color where the page network is sure."""

_LEAST_POSTERIOR = 0.2
"""Posterior of a column below which nothing is written under it; l stands for a letter or mark, s for struck ink."""

_MOST_TENSORS = 400
"""Tensors on the sheet; a page of scribbles has thousands."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Where the pictures of a page go: DIRECTORY/STEM.1-gray.png and so on, and STEM.hypotheses.txt."""

    directory: Path
    stem: str

    def write(self, stages: Stages) -> None:
        """Write the pictures.

        Raises
        ------
        OutputError
            If the folder cannot be made or a picture not be written.
        """
        for number, (name, picture) in enumerate(draw_stages(stages).items(), start=1):
            self._write(f"{number}-{name}.png", cv2.imencode(".png", picture)[1].tobytes())
        self._write("hypotheses.txt", format_trials(stages.trials, stages.hypothesis).encode())

    def _write(self, ending: str, content: bytes) -> None:
        path = self.directory / f"{self.stem}.{ending}"
        make_folder(path.parent)
        write_file(path, content)


def draw_stages(stages: Stages) -> dict[str, NDArray[np.uint8]]:
    """Return a picture of every stage by its name, in the order of the stages: uint8 (H, W) or (H, W, 3)."""
    pictures = {
        "gray": stages.ink.page.gray,
        "darkness": cv2.bitwise_not(stages.ink.darkness),
        "ink": cv2.bitwise_not(stages.ink.ink.ink),
        "rulings": draw_rulings(stages),
        "lines": draw_lines(stages),
        "cuts": draw_spans(stages),
        "tensors": draw_tensors(stages.recognition),
        "line-images": draw_line_images(stages.recognition),
    }
    if stages.detection is not None:
        pictures["detection"] = draw_detection(stages.ink.page.gray, stages.detection)
    return pictures


def draw_rulings(stages: Stages) -> NDArray[np.uint8]:
    """Return the ink, what was taken out as rulings in red: uint8 (H, W, 3)."""
    picture = _paint(stages.ink.cleared.ink)
    picture[(stages.ink.ink.ink > 0) & (stages.ink.cleared.ink == 0)] = _RED
    return picture


def draw_detection(gray: NDArray[np.uint8], detection: Detection) -> NDArray[np.uint8]:
    """Return the page with digits in red, links in blue, other writing in green: uint8 (H, W, 3).

    A line from each digit's center points to where it is up, half as long as the digit is tall.
    """
    height, width = gray.shape
    picture = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR).astype(np.float32)
    for channel, color in ((Channel.AREA, _RED), (Channel.LINK, _BLUE), (Channel.OTHER, _GREEN)):
        share = _SHADE * detection.enlarge(channel, (height, width))[:, :, None]
        picture = picture * (1 - share) + np.array(color, np.float32) * share
    painted: NDArray[np.uint8] = picture.astype(np.uint8)
    for center, up, tall in zip(detection.centers, detection.ups, detection.heights_px, strict=True):
        ends = [tuple(np.rint(point).astype(int).tolist()) for point in (center, center + up * tall / 2)]
        cv2.line(painted, ends[0], ends[1], _RED, _pen_width(painted), cv2.LINE_AA)
    return painted


def draw_lines(stages: Stages) -> NDArray[np.uint8]:
    """Return the ink with a box around each component and each line's components joined: uint8 (H, W, 3)."""
    picture = _paint(stages.ink.cleared.ink)
    width = _pen_width(picture)
    for line in stages.lines:
        color = (_GREEN, _BLUE)[line.number % 2]
        centers = np.array([c.box.center for c in line.components], np.int32)
        cv2.polylines(picture, [centers], False, color, width)
        for c in line.components:
            cv2.rectangle(picture, (c.box.left, c.box.top), (c.box.right, c.box.bottom), color, width)
    return picture


def draw_spans(stages: Stages) -> NDArray[np.uint8]:
    """Return the ink with the digits read in green and candidate digits that lost in red: uint8 (H, W, 3)."""
    picture = _paint(stages.ink.cleared.ink)
    width = _pen_width(picture)
    for span in (span for lattice in stages.recognition.lattices for span in lattice.spans):
        cv2.rectangle(picture, (span.box.left, span.box.top), (span.box.right, span.box.bottom), _RED, 1)
    for digit in (digit for reading in stages.readings for digit in reading.digits):
        cv2.rectangle(picture, (digit.box.left, digit.box.top), (digit.box.right, digit.box.bottom), _GREEN, width)
    return picture


def draw_tensors(recognition: Recognition, most: int = _MOST_TENSORS) -> NDArray[np.uint8]:
    """Return a sheet of the network's first inputs, the best class and its score under each: uint8 (H, W, 3)."""
    batch, scores = recognition.batch[:most], recognition.scores.probabilities[:most]
    tiles = [_draw_tensor(tensor[:, :, 0], row) for tensor, row in zip(batch, scores, strict=True)]
    return _tile(tiles, 20) if tiles else np.full((28, 28, 3), 255, np.uint8)


def draw_line_images(recognition: Recognition) -> NDArray[np.uint8]:
    """Return the line network's inputs, under each the digits that it finds: uint8 (H, W, 3).

    A digit stands under the columns where its middle is, the darker the surer.
    """
    shown = zip(recognition.line_images, recognition.column_posteriors, strict=False)
    tiles = [_draw_line_image(image, posteriors) for image, posteriors in islice(shown, _MOST_LINE_IMAGES)]
    width = max((tile.shape[1] for tile in tiles), default=LINE_IMAGE_PX)
    wide = [cv2.copyMakeBorder(t, 0, 4, 0, width - t.shape[1], cv2.BORDER_CONSTANT, value=(90,) * 3) for t in tiles]
    return np.vstack(wide) if wide else np.full((LINE_IMAGE_PX, width, 3), 255, np.uint8)


def format_trials(trials: Sequence[Trial], winner: str) -> str:
    """Return a line for each hypothesis that the page was read under: its score, in sure digits, and which won."""
    rows = [f"{trial.score:8.2f}  {trial.hypothesis}{'  <- won' * (trial.hypothesis == winner)}" for trial in trials]
    return "\n".join(["   score  hypothesis", *rows, ""])


def _draw_line_image(image: LineImage, posteriors: NDArray[np.float32]) -> NDArray[np.uint8]:
    gray = cv2.resize(255 - image.pixels[:, :, 0], None, fx=3, fy=3, interpolation=cv2.INTER_NEAREST)
    bgr = cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR)
    tile: NDArray[np.uint8] = cv2.copyMakeBorder(bgr, 0, 18, 0, 0, cv2.BORDER_CONSTANT, value=_WHITE)
    told = posteriors.copy()
    told[:, [NOTHING, SPACE]] = 0
    for column in np.flatnonzero(told.max(axis=1) > _LEAST_POSTERIOR):
        level = int(255 * (1 - told[column].max()))
        at = (3 * COLUMN_PX * int(column) - 3, tile.shape[0] - 4)
        text = COLUMN_CLASSES[int(told[column].argmax())][0]
        cv2.putText(tile, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (level,) * 3, 1, cv2.LINE_AA)
    return tile


def _draw_tensor(tensor: NDArray[np.float32], row: NDArray[np.float32]) -> NDArray[np.uint8]:
    best = int(row.argmax())
    shown = cv2.resize((tensor * 255).astype(np.uint8), (56, 56), interpolation=cv2.INTER_NEAREST)
    tile: NDArray[np.uint8] = cv2.copyMakeBorder(
        cv2.cvtColor(shown, cv2.COLOR_GRAY2BGR), 2, 18, 2, 2, cv2.BORDER_CONSTANT, value=(90,) * 3
    )
    text = f"{best if best < 10 else '-'} {row[best]:.2f}"
    cv2.putText(tile, text, (4, 72), cv2.FONT_HERSHEY_SIMPLEX, 0.42, _WHITE, 1, cv2.LINE_AA)
    return tile


def _tile(tiles: Sequence[NDArray[np.uint8]], columns: int) -> NDArray[np.uint8]:
    columns = min(columns, len(tiles))
    blank = np.full_like(tiles[0], 90)
    filled = [*tiles, *[blank] * (-len(tiles) % columns)]
    return np.vstack([np.hstack(filled[i : i + columns]) for i in range(0, len(filled), columns)])


def _paint(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the ink in gray on white, uint8 (H, W, 3)."""
    bgr: NDArray[np.uint8] = cv2.cvtColor(255 - ink // 2, cv2.COLOR_GRAY2BGR)
    return bgr


def _pen_width(picture: NDArray[np.uint8]) -> int:
    width: int = max(1, round(max(picture.shape) / 600))
    return width
