"""The output of a live run: a JSON line for each confirmed number, and snapshots of the window."""

from __future__ import annotations

import json
from pathlib import Path
from time import strftime
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import OutputError
from pipeline.live.frame_reader import LiveReading
from pipeline.live.tracker import Confirmation
from pipeline.outputs.records import SCHEMA, Record, make_number
from pipeline.system.files import write_file


def make_live_record(confirmed: Confirmation, source: str) -> Record:
    """Return the JSON object of a confirmed number: as in a page's record, with the source, time and frame."""
    return {
        "schema": SCHEMA,
        "source": source,
        "time_s": round(confirmed.time_s, 3),
        "frame": confirmed.frame,
        "frames_seen": confirmed.n_frames,
        "replaces": confirmed.replaces,
        **make_number(confirmed.reading),
    }


def save_snapshot(picture: NDArray[np.uint8], reading: LiveReading, folder: Path, source: str) -> Path:
    """Write a picture, uint8 (H, W, 3), and beside it the visible numbers as JSON; return the picture's path.

    Raises
    ------
    OutputError
        If they cannot be written.
    """
    path = name_file("snapshot", ".png", folder)
    numbers = [
        {**make_number(number.reading), "confirmed": number.is_confirmed, "frames_seen": number.n_frames}
        for number in reading.numbers
    ]
    frame = reading.frame
    size = [frame.bgr.shape[1], frame.bgr.shape[0]]
    facts = {"schema": SCHEMA, "source": source, "time_s": round(frame.time_s, 3), "frame": frame.number}
    record: dict[str, Any] = {**facts, "size_px": size, "region": reading.area.as_list(), "numbers": numbers}
    write_file(path, cv2.imencode(".png", picture)[1].tobytes())
    write_file(path.with_suffix(".json"), json.dumps(record, indent=1).encode())
    return path


def name_file(stem: str, suffix: str, folder: Path | None = None) -> Path:
    """Return the path of a new file: the stem, the time and, if such a file exists, a number."""
    base = f"{stem}-{strftime('%Y%m%d-%H%M%S')}"
    folder = folder or Path()
    return next(p for i in range(1, 10_000) if not (p := folder / f"{base}{f'-{i}' if i > 1 else ''}{suffix}").exists())


def print_line(record: Record) -> None:
    """Print a record as one line and flush it, so that a reader of stdout need not wait.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    try:
        print(json.dumps(record), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"standard output: cannot be written ({error.strerror})") from error
