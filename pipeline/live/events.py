"""The output of a live run: a JSON line for each confirmed number, and snapshots of the window."""

from __future__ import annotations

import json
from pathlib import Path
from time import strftime
from typing import Any, TextIO

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.live.frame_reader import LiveReading
from pipeline.live.tracker import Confirmation
from pipeline.outputs.records import SCHEMA, Record
from pipeline.system.files import convert_write_errors, write_file


def make_live_record(confirmed: Confirmation, source: str) -> Record:
    """Return the JSON object of a confirmed number: as in a page's record, with the source, time and frame."""
    return {
        "schema": SCHEMA,
        "source": source,
        "time_s": round(confirmed.time_s, 3),
        "frame": confirmed.frame,
        "frames_seen": confirmed.n_frames,
        "replaces": confirmed.replaces,
        **confirmed.reading.to_dict(),
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
        {**number.reading.to_dict(), "confirmed": number.is_confirmed, "frames_seen": number.n_frames}
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


def print_line(record: Record, stream: TextIO, name: str) -> None:
    """Print a record as one line and flush it, so that a reader need not wait.

    Parameters
    ----------
    record : from `make_live_record`
    stream : where to
    name : of the stream, for errors

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    with convert_write_errors(name):
        print(json.dumps(record), file=stream, flush=True)
