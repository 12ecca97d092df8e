"""Formats with simple headers that OpenCV decodes: JPEG 2000, Radiance HDR, and the Netpbm family."""

from __future__ import annotations

import re
import struct

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DamagedPictureError
from pipeline.images.header_types import Frame, Header

_CODESTREAM = b"\xff\x4f\xff\x51"
"""First bytes of the codestream of a JPEG 2000: its start marker, then the marker of its size."""

_RADIANCE_SIZE = re.compile(rb"\n[^\S\n]*\n-Y (\d{1,9}) \+X (\d{1,9})\n")
_NETPBM_MAGIC = re.compile(rb"P([1-6Ff])(?=\s+[\d#]|#)|P7\r?\n")
_NETPBM_NUMBER = re.compile(rb"\s*(?:#[^\r\n]*[\r\n]\s*)*(\d{1,9})(?!\d)")
_PAM_FIELD = re.compile(rb"^(WIDTH|HEIGHT|DEPTH|MAXVAL)\s+(\d{1,9})\s*$", re.MULTILINE)
_PAM_END = re.compile(rb"^ENDHDR[^\n]*\n", re.MULTILINE)
_LONGEST_HEADER = 1 << 16
_MOST_BOXES = 10_000
"""Of a JPEG 2000, before its pixels; programs write 3 to 10."""


def read_jpeg2000(raw: bytes | bytearray) -> Frame:
    """Return the size that a JPEG 2000's codestream states, bare or in its JP2 boxes.

    Raises
    ------
    DamagedPictureError
        If it is cut short.
    """
    at = _find_codestream(raw)
    try:
        right, bottom, left, top = struct.unpack_from(">IIII", raw, at + 8)
    except struct.error as error:
        raise DamagedPictureError("the JPEG 2000 breaks off before its size") from error
    # After the size, FF D9 can only be the end marker; a decoder would fill a missing rest with gray.
    if raw.find(b"\xff\xd9", at) < 0:
        raise DamagedPictureError("the JPEG 2000 breaks off before its end")
    return Frame(max(0, right - left), max(0, bottom - top))


def _find_codestream(raw: bytes | bytearray) -> int:
    """Return the byte offset of the codestream."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 16 > len(raw) or raw.startswith(_CODESTREAM, at):
            break
        length, kind = struct.unpack_from(">I4s", raw, at)
        header = 8
        if length == 1:
            length, header = struct.unpack_from(">Q", raw, at + 8)[0], 16
        if kind == b"jp2c":
            at += header
        elif length >= header:
            at += length
        else:
            break
    if not raw.startswith(_CODESTREAM, at):
        raise DamagedPictureError("the JPEG 2000 breaks off before its pixels")
    return at


def read_radiance(raw: bytes | bytearray) -> Frame:
    """Return the size that a Radiance picture (.hdr, .pic) states.

    Raises
    ------
    DamagedPictureError
        If it states none, or has its rows in an order that no program writes.
    """
    found = _RADIANCE_SIZE.search(raw[:_LONGEST_HEADER])
    if found is None:
        raise DamagedPictureError("the Radiance picture does not say its size")
    return Frame(int(found[2]), int(found[1]))


def read_netpbm(raw: bytes | bytearray) -> Header | None:
    """Return the header of a PBM, PGM, PPM, PAM or PFM; None if the bytes do not start as one.

    Raises
    ------
    DamagedPictureError
        If it is cut short before its size.
    """
    magic = _NETPBM_MAGIC.match(raw)
    if magic is None:
        return None
    if magic[1] is None:
        width, height, _, _, _ = _parse_pam(raw)
        return Header("PAM", (Frame(width, height),))
    sides, at = list[int](), magic.end()
    for _ in range(2):
        number = _NETPBM_NUMBER.match(raw[:_LONGEST_HEADER], at)
        if number is None:
            raise DamagedPictureError("the picture's header is broken or cut short")
        sides.append(int(number[1]))
        at = number.end()
    return Header("PFM" if magic[1] in b"Ff" else "PPM", (Frame(sides[0], sides[1]),))


def _parse_pam(raw: bytes | bytearray) -> tuple[int, int, int, int, int]:
    """Return (width, height, channels, largest sample, byte offset of the samples) of a PAM."""
    end = _PAM_END.search(raw[:_LONGEST_HEADER])
    fields = {key: int(value) for key, value in _PAM_FIELD.findall(raw[: end.start()])} if end else {}
    if end is None or len(fields) < 4 or not 1 <= fields[b"DEPTH"] <= 4 or not 1 <= fields[b"MAXVAL"] <= 65535:
        raise DamagedPictureError("the PAM's header is broken or cut short")
    return fields[b"WIDTH"], fields[b"HEIGHT"], fields[b"DEPTH"], fields[b"MAXVAL"], end.end()


def decode_pam(raw: bytes | bytearray) -> NDArray[np.uint8]:
    """Return a PAM's pixels: uint8 (h, w, c), c 1 gray, 2 gray and alpha, 3 BGR, 4 BGRA.

    OpenCV rejects some and reads others as black, as it assumes a maximum of 255.

    Raises
    ------
    DamagedPictureError
        If samples are missing.
    """
    width, height, depth, most, at = _parse_pam(raw)
    kind, n_samples = np.dtype(np.uint8 if most < 256 else ">u2"), width * height * depth
    if len(raw) - at < n_samples * kind.itemsize:
        raise DamagedPictureError("the PAM breaks off before its end")
    samples = np.frombuffer(raw, kind, n_samples, at).reshape(height, width, depth)
    pixels: NDArray[np.uint8] = np.rint(np.minimum(samples, most) * np.float32(255 / most)).astype(np.uint8)
    return pixels[..., [2, 1, 0, 3][:depth]] if depth > 2 else pixels
