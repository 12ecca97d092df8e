"""Changes to files that random bytes hardly ever make: counts that are far too high, rings, and parts without end."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

import numpy as np

_REPEATS = (2, 50, 5000)
_COUNTS = (0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
_REFERENCE = re.compile(rb"\b\d+ 0 R\b")
_NUMBER = re.compile(rb"(?<=[ /\[(<])\d{1,6}(?=[ /\]><])")


def attack(ending: str, raw: bytes, rng: np.random.Generator) -> bytes:
    """Return the file with one change to its structure, of those that its format has.

    Parameters
    ----------
    ending : such as ".jpg"
    raw : a whole file
    rng : what all chance comes from
    """
    attacks = [claim_much, *_ATTACKS.get(ending, ())]
    return attacks[rng.integers(len(attacks))](raw, rng)


def claim_much(raw: bytes, rng: np.random.Generator) -> bytes:
    """Set a 16-bit or 32-bit number near the beginning to a huge one."""
    mutant, size = bytearray(raw), int(rng.choice([2, 4]))
    at = int(rng.integers(4, min(len(raw) - 4, 400)))
    count = int(rng.choice(_COUNTS)) & (256**size - 1)
    mutant[at : at + size] = count.to_bytes(size, "big" if rng.random() < 0.5 else "little")
    return bytes(mutant)


def make_exif(rng: np.random.Generator) -> bytes:
    """Return an EXIF block of overlapping directories, each of which names the next one."""
    n_entries, n_directories = int(rng.choice([1, 40, 4000])), int(rng.choice([1, 30, 3000]))
    raw = bytearray(b"II*\0" + struct.pack("<I", 8) + bytes(14 * n_directories + 12 * n_entries))
    for n in range(n_directories):
        at = 8 + 14 * n
        struct.pack_into("<H", raw, at, n_entries)
        following = at + 2 + 12 * n_entries
        if following + 4 <= len(raw):
            struct.pack_into("<I", raw, following, 8 if n + 1 == n_directories else at + 14)
    return bytes(raw[:60_000])


def _insert_exif_in_jpeg(raw: bytes, rng: np.random.Generator) -> bytes:
    content = b"Exif\0\0" + make_exif(rng)
    segment = struct.pack(">BBH", 0xFF, 0xE1, len(content) + 2) + content
    return raw[:2] + segment * int(rng.choice((1, 20))) + raw[2:]


def _repeat_scan(raw: bytes, rng: np.random.Generator) -> bytes:
    at = raw.find(b"\xff\xda")
    return raw[:at] + raw[at:-2] * int(rng.choice((2, 50, 500))) + raw[-2:]


def _insert_exif_in_png(raw: bytes, rng: np.random.Generator) -> bytes:
    chunk = _make_chunk(b"eXIf", make_exif(rng))
    return raw[:33] + chunk * int(rng.choice((1, 20))) + raw[33:]


def _repeat_chunk(raw: bytes, rng: np.random.Generator) -> bytes:
    """Insert a chunk many times: a text, or the header again."""
    chunk = _make_chunk(b"tEXt", b"a\0b") if rng.random() < 0.5 else raw[8:33]
    return raw[:33] + chunk * int(rng.choice(_REPEATS)) + raw[33:]


def _make_chunk(kind: bytes, content: bytes) -> bytes:
    """Return a PNG chunk; its checksum is made right later."""
    return struct.pack(">I", len(content)) + kind + content + bytes(4)


def _link_directory(raw: bytes, rng: np.random.Generator) -> bytes:
    """Let a TIFF's first directory claim another number of entries, or name itself or any place as the next one."""
    mutant = bytearray(raw)
    first = struct.unpack_from("<I", raw, 4)[0]
    n_entries = struct.unpack_from("<H", raw, first)[0]
    if rng.random() < 0.4:
        struct.pack_into("<H", mutant, first, int(rng.choice([0, 1, 1000, 0xFFFF])))
    else:
        following = int(rng.choice([first, int(rng.integers(len(raw))), first + 12, 0xFFFFFFFF]))
        struct.pack_into("<I", mutant, first + 2 + 12 * n_entries, following)
    return bytes(mutant)


def _redirect(raw: bytes, rng: np.random.Generator) -> bytes:
    """Let one object of a PDF refer to another one instead, which may be itself or what holds it."""
    return _replace_one(raw, _REFERENCE, lambda: b"%d 0 R" % rng.integers(1, 9), rng)


def _change_number(raw: bytes, rng: np.random.Generator) -> bytes:
    """Change a number of a PDF, such as a count of pages, a size or a length."""
    return _replace_one(raw, _NUMBER, lambda: b"%d" % rng.choice([0, 150_000, 2**31 - 1, 10**15]), rng)


def _call_itself(raw: bytes, rng: np.random.Generator) -> bytes:
    """Let what a PDF's page draws be a form, too, that draws itself again and again."""
    drawn = re.search(rb"(\d+) 0 obj\s*<<[^>]*>>\s*stream", raw)
    if drawn is None:
        return _redirect(raw, rng)
    number = drawn[1].decode()
    resources = f"/Resources<</XObject<</F {number} 0 R>>>>".encode()
    calls = b"/F Do " * int(rng.choice((1, 8)))
    form = f"{number} 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 99 99]".encode() + resources
    form += b"/Length %d>>stream\n%s\nendstream endobj\n" % (len(calls), calls)
    return (
        re.sub(rb"/Type\s*/Page\b(?!s)", lambda found: found[0] + resources, raw[: drawn.start()])
        + form
        + raw[drawn.start() :]
    )


def _replace_one(raw: bytes, pattern: re.Pattern[bytes], make: Callable[[], bytes], rng: np.random.Generator) -> bytes:
    found = list(pattern.finditer(raw))
    if not found:
        return raw
    one = found[rng.integers(len(found))]
    return raw[: one.start()] + make() + raw[one.end() :]


_Attack = Callable[[bytes, np.random.Generator], bytes]
_ATTACKS: dict[str, tuple[_Attack, ...]] = {
    ".jpg": (_insert_exif_in_jpeg, _repeat_scan),
    ".png": (_insert_exif_in_png, _repeat_chunk),
    ".tif": (_link_directory,),
    ".pdf": (_redirect, _change_number, _call_itself),
}
"""The changes that only some formats have, by the ending of the file's name."""
