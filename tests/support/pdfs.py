"""Small PDFs written by hand, for the tests."""

from __future__ import annotations

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
