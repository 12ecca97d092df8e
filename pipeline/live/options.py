"""The options of a live run: which camera or video to read, how, and what to show and keep."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.geometry import Box
from pipeline.outputs.formats import JSON_LINES, find_format
from pipeline.settings.tree import Settings
from pipeline.system.files import is_device


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """The options of a live run, checked on construction.

    Attributes
    ----------
    source : a camera's number or device, a video file, a URL, or a numbered sequence of pictures
    size_px : (width, height) of the frames to ask a camera for; None leaves the choice to it
    fps : frames per second to ask a camera for, or to play a file at; None for those of the source
    has_every_frame : read every frame of a file, however long it takes
    region : the part of each frame to read, px; None for all of it
    settings : of every stage
    settings_file : the file that the settings come from; None for the defaults
    model : a name under ``models/``, a folder or a file
    is_mirrored : mirror the picture in the window
    is_headless : print confirmed numbers on stdout instead of opening a window
    output : file for the confirmed numbers, as JSON lines; None for stdout
    snapshots : folder for snapshots of the window; None for the current one
    recording : file for the annotated video; None for none
    is_forced : overwrite a video that is no recording of this program
    most_s : stop after so many seconds of video; None for no limit
    is_quiet, is_verbose : print less, or more, on stderr

    Raises
    ------
    UsageError
        If an option cannot be used with the source, or without a window.
    """

    source: str = "0"
    size_px: tuple[int, int] | None = None
    fps: float | None = None
    has_every_frame: bool = False
    region: Box | None = None
    settings: Settings = field(default_factory=Settings)
    settings_file: Path | None = None
    model: str = "digits"
    is_mirrored: bool = False
    is_headless: bool = False
    output: Path | None = None
    snapshots: Path | None = None
    recording: Path | None = None
    is_forced: bool = False
    most_s: float | None = None
    is_quiet: bool = False
    is_verbose: bool = False

    def __post_init__(self) -> None:
        if self.is_headless and (self.is_mirrored or self.snapshots):
            flag = "--mirror" if self.is_mirrored else "--annotate"
            raise UsageError(f"{flag} is for the window; --headless has none")
        is_camera = re.fullmatch(r"\d+|/dev/.*", self.source) is not None
        if self.size_px and not is_camera:
            raise UsageError("--size is asked of a camera; a video has its own")
        if self.has_every_frame and (is_camera or "://" in self.source):
            raise UsageError("--every-frame is for a video file; a camera does not wait")


def choose_output(outputs: Sequence[Path]) -> Path | None:
    """Return the file for the JSON lines of a live run; None for stdout; raise UsageError for more or other files."""
    if len(outputs) > 1:
        raise UsageError("--webcam takes one --output", "name one file, such as numbers.jsonl")
    if outputs and not is_device(outputs[0]) and find_format(outputs[0]) is not JSON_LINES:
        raise UsageError(f"--output {outputs[0]}: --webcam writes JSON lines", "name a file that ends in .jsonl")
    return outputs[0] if outputs else None
