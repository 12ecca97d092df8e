"""The flags of live reading."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline.flags import parse_count, parse_probability, parse_seconds, parse_size


def add_live_flags(group: argparse._ArgumentGroup) -> None:
    """Add the flags of --webcam to a group of the parser."""
    add = group.add_argument
    add(
        "--webcam",
        nargs="?",
        const="0",
        metavar="SOURCE",
        help="read live: a camera's number (0) or device, a video, a URL, or numbered pictures such as img_%%03d.png",
    )
    add("--size", type=parse_size, metavar="WxH", help="ask the camera for frames of this size, such as 1280x720")
    add("--fps", type=parse_seconds, metavar="N", help="frames per second: to ask the camera for, or to play a file at")
    add("--every-frame", action="store_true", help="read every frame of a file, however long it takes")
    add("--confirm-frames", type=parse_count, metavar="N", help="frames that must read the same number (6)")
    add("--min-confidence", type=parse_probability, metavar="P", help="confirm no number of lower confidence (0.9)")
    add("--mirror", action="store_true", help="mirror the picture in the window; it is read unmirrored")
    add("--headless", action="store_true", help="no window; only a JSON line for each confirmed number")
    add("--record", type=Path, metavar="FILE.mp4", help="write the annotated video")
    add("--max-seconds", type=parse_seconds, metavar="S", help="stop after so many seconds of video")
