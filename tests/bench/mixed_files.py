"""A folder of good files with bad ones of every kind among them, and what a run over it must report of each."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path
from time import perf_counter
from typing import Any, TypeAlias

import cv2
import numpy as np
from rich.progress import track

from pipeline.images.load import open_picture
from pipeline.outputs.records import make_record
from pipeline.reading.read_page import read_page
from pipeline.recognition.classify import Classifier, load_classifier
from tests.bench.batches import console, encode, list_samples
from tests.support.pdfs import make_pdf

_GOOD_SHARE = 0.88
_ODD_NAME_EVERY = 12
_MANY = {".tif": 3, ".pdf": 2}
"""Pages of the files that can have several."""

_SLOW = ("sevens.jpg",)
"""Samples left out, as they take seconds each: squares that are also read as if they were writing."""

_COMES_ONCE_IN = {"hanging": 1000, "crashing": 400, "killed": 400, "out of memory": 400}
"""Files among which one of such a kind stands, as each costs a process, or the time that a page may take."""

_LOCK = f"/Encrypt<</Filter/Standard/V 1/R 2/O<{'ab' * 32}>/U<{'cd' * 32}>/P -4>>/ID[<{'00' * 16}><{'00' * 16}>]"

_ODD_NAMES = (
    "страница № {}",
    "頁 {} 数字",
    "{} a\nb",
    "-{}",
    "{} 'q\" & ; $(x) *?[a]",
    "e\u0301 {} \u202e",
    os.fsdecode(b"caf\xe9 \xff{}"),
    "{}-" + 240 * "x",
    "{}-" + 80 * "頁",
)
"""In bytes, the last two are about as long as a name may be."""

Expected: TypeAlias = dict[int | None, dict[str, Any] | str]
"""What to report of a file: by page its record without `OWN_KEYS`, or the code of its failure; None: the whole file."""

OWN_KEYS = ("file", "seconds", "journal")
"""Keys of a record in which the same page of a copy of the file differs."""


@dataclass(frozen=True, slots=True)
class GoodFile:
    """A file that can be read: its ending, its bytes, what is read there when it is read alone, and in which time."""

    ending: str
    raw: bytes
    expected: Expected
    seconds: float


@dataclass(frozen=True, slots=True)
class BadFile:
    """A kind of file that cannot be read: `raw` is None for what a link leads to that leads nowhere."""

    kind: str
    ending: str
    raw: bytes | None
    code: str
    prefix: str = ""


def make_good_files(n_samples: int) -> list[GoodFile]:
    """Return the last samples, as they are and in another format each, some of several pages, each read alone."""
    classifier = load_classifier()
    good = []
    endings = cycle((".png", ".tif", ".pdf", ".heic", ".webp"))
    paths = [path for path in list_samples() if path.name not in _SLOW][-n_samples:]
    pictures = [cv2.imread(str(path)) for path in paths]
    for n, path in enumerate(track(paths, "reading each good file alone", console=console, transient=True)):
        ending = next(endings)
        pages = [pictures[(n + i) % len(pictures)] for i in range(_MANY.get(ending, 1))]
        # The second is named as what it is not, which makes no difference.
        named = ".jpg" if ending == ".png" else ending
        for own, raw in ((path.suffix, path.read_bytes()), (named, encode(pages, ending))):
            good.append(_read_alone(own, raw, classifier))
    return [*good, _make_half_good(good[0], classifier)]


def _make_half_good(one: GoodFile, classifier: Classifier) -> GoodFile:
    """Return a TIFF whose second of three pages is too small to be read."""
    picture = cv2.imdecode(np.frombuffer(one.raw, np.uint8), cv2.IMREAD_COLOR)
    raw = encode([picture, picture[:4, :4], picture], ".tif")
    whole = _read_alone(".tif", encode([picture] * 3, ".tif"), classifier)
    return replace(whole, raw=raw, expected={**whole.expected, 2: "size"})


def _read_alone(ending: str, raw: bytes, classifier: Classifier) -> GoodFile:
    start, picture = perf_counter(), open_picture(raw)
    readings = (read_page(picture.load_page(n), classifier) for n in range(1, picture.n_pages + 1))
    expected: Expected = {reading.number: drop_own_keys(make_record(reading, picture.note)) for reading in readings}
    return GoodFile(ending, raw, expected, perf_counter() - start)


def drop_own_keys(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record without `OWN_KEYS`."""
    return {key: value for key, value in record.items() if key not in OWN_KEYS}


def make_bad_files() -> list[BadFile]:
    """Return one file of every kind that cannot be read."""
    picture = cv2.imread(str(list_samples()[-1]))
    whole = {ending: encode([picture] * 2, ending) for ending in (".jpg", ".png", ".tif", ".pdf", ".heic", ".webp")}
    half = {ending: raw[: len(raw) // 2] for ending, raw in whole.items()}
    jpg, png = whole[".jpg"], whole[".png"]
    size_at = jpg.index(b"\xff\xc0") + 5
    return [
        BadFile("empty", ".jpg", b"", "empty"),
        BadFile("text named .jpg", ".jpg", b"I am a letter, not a photo.", "not-a-picture"),
        BadFile("archive named .png", ".png", b"PK\3\4" + bytes(200), "not-a-picture"),
        BadFile("noise named .webp", ".webp", bytes(range(255, 0, -1)), "not-a-picture"),
        *(BadFile(f"truncated {ending}", ending, raw, "damaged") for ending, raw in half.items()),
        BadFile("changed PNG", ".png", png[:300] + bytes([png[300] ^ 1]) + png[301:], "damaged"),
        BadFile("TIFF without its list of pages", ".tiff", b"II*\0" + struct.pack("<I", 2**31) + bytes(99), "damaged"),
        BadFile("HEIC of zeros", ".heic", whole[".heic"][:200] + bytes(len(whole[".heic"]) - 200), "damaged"),
        BadFile("PDF of noise", ".pdf", b"%PDF-1.4\n" + bytes(100), "damaged"),
        BadFile("PDF without a page", ".pdf", make_pdf([]), "damaged"),
        BadFile("encrypted PDF", ".pdf", make_pdf(trailer=_LOCK), "encrypted"),
        BadFile("JPEG of no height", ".jpg", jpg[:size_at] + bytes(2) + jpg[size_at + 2 :], "damaged"),
        BadFile("PNG of no width", ".png", _set_png_size(png, 0, 100), "size"),
        BadFile("PNG of 10 gigapixels", ".png", _set_png_size(png, 100_000, 100_000), "size"),
        BadFile("too small", ".png", encode([picture[:3, :3]], ".png"), "size"),
        BadFile("dangling link", ".jpg", None, "missing"),
        BadFile("hanging", ".jpg", jpg, "timeout", "hang-"),
        BadFile("crashing", ".jpg", jpg, "crash", "crash-"),
        BadFile("killed", ".jpg", jpg, "crash", "killed-"),
        BadFile("out of memory", ".jpg", jpg, "memory", "memory-"),
        *([] if _is_root() else [BadFile("unreadable", ".jpg", jpg, "unreadable", "locked-")]),
    ]


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _set_png_size(png: bytes, width: int, height: int) -> bytes:
    """Return the PNG with another size in its header, the checksum right."""
    head = png[12:16] + struct.pack(">II", width, height) + png[24:29]
    return png[:12] + head + struct.pack(">I", zlib.crc32(head)) + png[33:]


def write_mixed_files(
    folder: Path, good: Sequence[GoodFile], bad: Sequence[BadFile], n_pages: int, rng: np.random.Generator
) -> dict[str, tuple[str, Expected]]:
    """Write files of `n_pages` pages, or one or two more, into folders in `folder`; every bad kind at least once.

    Returns
    -------
    (kind, what to report of it) by the path, as a run in the folder's parent spells it
    """
    files: dict[str, tuple[str, Expected]] = {}
    n_left, kinds = n_pages, _order_kinds(bad, rng)
    for n, one in enumerate(bad):
        _place(files, folder, n, one, rng)
    n_left -= len(bad)
    while n_left > 0:
        n = len(files)
        one = good[rng.integers(len(good))] if rng.random() < _GOOD_SHARE else next(kinds)
        n_left -= len(one.expected) if isinstance(one, GoodFile) else 1
        _place(files, folder, n, one, rng)
    return files


def _order_kinds(bad: Sequence[BadFile], rng: np.random.Generator) -> Iterator[BadFile]:
    """Yield bad files of every kind in turn, the costly ones seldom."""
    while True:
        for one in bad:
            rounds = _COMES_ONCE_IN.get(one.kind, 0) * (1 - _GOOD_SHARE) / len(bad)
            if rng.random() < 1 / max(1, rounds):
                yield one


def _place(
    files: dict[str, tuple[str, Expected]], folder: Path, n: int, one: GoodFile | BadFile, rng: np.random.Generator
) -> None:
    """Write one file under a name of its own; note what must be reported of it."""
    prefix = one.prefix if isinstance(one, BadFile) else ""
    is_odd = not prefix and n % _ODD_NAME_EVERY == 0
    name = _ODD_NAMES[n // _ODD_NAME_EVERY % len(_ODD_NAMES)].format(n) if is_odd else f"{prefix}page-{n:05}"
    path = folder / f"batch {rng.integers(8)}" / f"{name}{one.ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    if one.raw is None:
        path.symlink_to(f"nowhere-{n}.jpg")
    else:
        path.write_bytes(one.raw)
    if prefix == "locked-":
        path.chmod(0)
    spelled = str(path.relative_to(folder.parent))
    files[spelled] = ("good", one.expected) if isinstance(one, GoodFile) else (one.kind, {None: one.code})
