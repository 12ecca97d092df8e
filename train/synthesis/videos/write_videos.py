"""Videos with known truth, as a webcam sees cards and pages: `python -m train videos --out DIR --videos 24 --seed 1`.

The scenarios take turns, every fourth without a number. What is written is by writers held out of training. Each video
depends on the seed, its number and the installed fonts alone. truth.json has for each number from when until when it
is wholly in view and legible, and where.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
from rich.console import Console
from rich.progress import track

from pipeline.errors import OutputError
from train.synthesis.handwriting.writers import WriterPool, gather_writers
from train.synthesis.negatives.pages import find_prose_fonts
from train.synthesis.videos.clip import Clip
from train.synthesis.videos.scenarios import KINDS, SIZE_PX, SceneBuilder

FPS = 30.0
_SPLIT_SEED = 1
"""Of the split by writer that the networks in models/ were fitted with."""

_CODEC = "mp4v"
"""MPEG-4 part 2: what FFmpeg writes and reads wherever OpenCV runs, in a tenth of the bytes of MJPG."""


def film_video(
    pool: WriterPool,
    fonts: list[Path],
    seed: int,
    number: int,
    size_px: tuple[int, int] = SIZE_PX,
    fps: float = FPS,
    kind: str | None = None,
) -> tuple[str, Clip]:
    """Return the kind of video `number`, the kinds by turns unless one is named, and its clip; size is (W, H)."""
    kind = kind or list(KINDS)[number % len(KINDS)]
    return kind, KINDS[kind](SceneBuilder(pool, fonts, (seed, number), size_px, fps))


def describe_video(kind: str, clip: Clip, file: str) -> dict[str, Any]:
    """Return the video's entry in truth.json."""
    facts = {"file": file, "kind": kind, "seconds": clip.n_frames / clip.fps, "fps": clip.fps}
    return {**facts, "size_px": list(clip.size_px), "numbers": clip.describe_numbers()}


def write_video(clip: Clip, path: Path) -> None:
    """Write a video.

    Raises
    ------
    OutputError
        If it cannot be written, or there is no encoder.
    """
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*_CODEC), clip.fps, clip.size_px)
    if not writer.isOpened():
        raise OutputError(f"{path}: no video can be written there", "check the folder, and that OpenCV has FFmpeg")
    try:
        for number in range(clip.n_frames):
            writer.write(clip.shoot(number))
    finally:
        writer.release()


def write_videos(folder: Path, n_videos: int, seed: int, data_dir: Path | None, console: Console) -> None:
    """Write `n_videos` videos and their truth.json into `folder`.

    Raises
    ------
    InputError : as for `gather_writers`
    OutputError : as for `write_video`
    """
    with console.status("reading the data"):
        pool, fonts = gather_writers(data_dir, _SPLIT_SEED, True), find_prose_fonts()
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for number in track(range(n_videos), description=str(folder), console=console, transient=True):
        kind, clip = film_video(pool, fonts, seed, number)
        file = f"{number:02}-{kind}.mp4"
        write_video(clip, folder / file)
        entries.append(json.dumps(describe_video(kind, clip, file)))
    (folder / "truth.json").write_text("[\n" + ",\n".join(entries) + "\n]\n", "utf-8")
