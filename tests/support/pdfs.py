"""Small PDFs written by hand, for the tests."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

PATCHES = "0 g 0 160 100 80 re f 0.5 g 300 0 100 80 re f"
"""On a page of 400 x 240 points: black at the top left, gray at the bottom right."""


def make_pdf(
    pages: Sequence[str] = (PATCHES,), box: str = "0 0 400 240", page: str = "", catalog: str = "", trailer: str = ""
) -> bytes:
    """Return a PDF whose pages draw these content streams; `page`, `catalog` and `trailer` are added to those parts.

    Object 1 is the catalog, 2 the list of pages, then two for each page: the page itself and what it draws.
    """
    kids = " ".join(f"{3 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [f"<</Type/Catalog/Pages 2 0 R{catalog}>>", f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>"]
    for n, drawn in enumerate(pages):
        objects.append(f"<</Type/Page/Parent 2 0 R/MediaBox[{box}]/Contents {4 + 2 * n} 0 R{page}>>")
        objects.append(f"<</Length {len(drawn)}>>stream\n{drawn}\nendstream")
    raw, places = "%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(raw))
        raw += f"{number} 0 obj{content}endobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    return f"{raw}{table}trailer<</Size {len(objects) + 1}/Root 1 0 R{trailer}>>\nstartxref\n{len(raw)}\n%%EOF".encode()


def make_slow_pdf() -> bytes:
    """Return a PDF of one page that takes an hour to draw, in little memory: a shading of the page, 100,000 times."""
    circles = "/Coords[0 0 0 200 120 400]/Extend[true true]/Function<</FunctionType 2/Domain[0 1]/N 1>>"
    shading = f"<</ShadingType 3/ColorSpace/DeviceGray{circles}>>"
    return make_pdf(["/S sh " * 100_000], page=f"/Resources<</Shading<</S{shading}>>>>")


_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
"""Of short passwords, as the PDF standard has it (ISO 32000-1, 7.6.3)."""


def make_locked_pdf(password: str) -> bytes:
    """Return a PDF of one blank page that is encrypted with a password (40 bits of RC4, the oldest kind)."""
    padded, number = (password.encode() + _PADDING)[:32], bytes(16)
    owner = _encrypt_rc4(hashlib.md5(padded).digest()[:5], padded)
    key = hashlib.md5(padded + owner + (-4).to_bytes(4, "little", signed=True) + number).digest()[:5]
    user = _encrypt_rc4(key, _PADDING)
    lock = f"/Encrypt<</Filter/Standard/V 1/R 2/O<{owner.hex()}>/U<{user.hex()}>/P -4>>"
    return make_pdf([""], trailer=f"{lock}/ID[<{number.hex()}><{number.hex()}>]")


def _encrypt_rc4(key: bytes, plain: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i, j, coded = 0, 0, bytearray()
    for byte in plain:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        coded.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(coded)
