"""PDF pages as pictures, drawn by PDFium one by one; the document stays open in between."""

from __future__ import annotations

import atexit
import logging
import math
import threading
import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DamagedPictureError, EncryptedPictureError
from pipeline.images.header_types import Frame
from pipeline.settings.images import ImageSettings

_POINTS_PER_INCH = 72
_A_HAIR_LESS = 1 - 1e-9
"""240 points at 300 dpi are 1000.0000000000001 px, in floating numbers, which would be rounded up to 1001."""

_ONE_AT_A_TIME = threading.RLock()
"""PDFium keeps its state in globals; no two threads may be in it."""

_open_documents: weakref.WeakSet[Pdf] = weakref.WeakSet()


def is_pdf(raw: bytes) -> bool:
    """Return whether the bytes begin as a PDF; some programs write blanks or a byte order mark before its mark."""
    return raw[:1024].lstrip(b"\0\t\r\n \xef\xbb\xbf").startswith(b"%PDF-")


class Pdf:
    """An open PDF. Its pages are measured and drawn as they are asked for; it closes with the last reference to it."""

    def __init__(self, raw: bytes, settings: ImageSettings) -> None:
        """Open the document.

        Parameters
        ----------
        raw : the whole file
        settings : dots per inch, and the most pixels that a page may be drawn with

        Raises
        ------
        EncryptedPictureError
            If it needs a password.
        DamagedPictureError
            If it cannot be opened, or has no page.
        """
        self._raw, self._settings = raw, settings
        with _ONE_AT_A_TIME:
            self._document = _open(raw)
            self._closing = weakref.finalize(self, _close, self._document)
            _open_documents.add(self)
            self.n_pages = len(self._document)  # 1 or more, or pypdfium2 would not have opened it
        if self.n_pages > len(raw):  # PDFium believes what the file says of itself
            raise DamagedPictureError(f"the PDF claims {self.n_pages} pages, more than it has bytes")

    def __reduce__(self) -> tuple[type[Pdf], tuple[bytes, ImageSettings]]:
        """Let another process open it anew: what PDFium holds cannot travel."""
        return Pdf, (self._raw, self._settings)

    def close(self) -> None:
        """Close the document; its pages cannot be drawn any more."""
        self._closing()

    def measure(self, number: int) -> Frame:
        """Return the size at which page `number` (from 1) is drawn, turned as the page asks.

        Raises
        ------
        DamagedPictureError
            If the page cannot be found in the file.
        """
        return self._fit(number)[0]

    def draw(self, number: int, is_color: bool) -> NDArray[np.uint8]:
        """Return page `number` (from 1) on white, annotations and form fields included.

        Parameters
        ----------
        number : page
        is_color : whether to draw it in BGR rather than gray

        Returns
        -------
        uint8 (h, w), or (h, w, 3) in BGR

        Raises
        ------
        DamagedPictureError
            If the page cannot be drawn.
        """
        scale = self._fit(number)[1]
        with _ONE_AT_A_TIME:
            try:
                page = self._document[number - 1]
                try:
                    bitmap = page.render(scale=scale, grayscale=not is_color)
                    pixels: NDArray[np.uint8] = bitmap.to_numpy().copy()
                    bitmap.close()
                finally:
                    page.close()
            except Exception as error:  # PdfiumError, and what damaged numbers lead to: ValueError, OverflowError ...
                raise DamagedPictureError(f"the page cannot be drawn ({error})") from error
        return pixels[..., 0] if pixels.ndim == 3 and not is_color else pixels

    def _fit(self, number: int) -> tuple[Frame, float]:
        """Return a page's size in px and px per point: the dpi of the settings, or fewer for a page that is too large.

        Both sides are rounded up, so (w s + 1)(h s + 1) must not exceed the limit: a quadratic equation for the scale.
        """
        with _ONE_AT_A_TIME:
            try:
                width, height = self._document.get_page_size(number - 1)
            except Exception as error:  # as in `draw`
                raise DamagedPictureError(f"the page cannot be found ({error})") from error
        if not (0 < width < math.inf and 0 < height < math.inf):
            raise DamagedPictureError("the page does not say its size")
        around, area, most_px = width + height, width * height, self._settings.most_mpx * 1_000_000
        largest = (math.sqrt(around**2 + 4 * area * (most_px - 1)) - around) / (2 * area)
        scale = min(self._settings.dpi / _POINTS_PER_INCH, largest) * _A_HAIR_LESS
        return Frame(math.ceil(width * scale), math.ceil(height * scale), number=number), scale


def _open(raw: bytes) -> Any:
    """Return pypdfium2's document, its forms ready to be drawn."""
    pdfium = _load_pdfium()
    try:
        document = pdfium.PdfDocument(raw)
    except pdfium.PdfiumError as error:
        # PDFium's last error may be an earlier document's: it sets none for a document without a page.
        locks = (pdfium.raw.FPDF_ERR_PASSWORD, pdfium.raw.FPDF_ERR_SECURITY)
        if b"/Encrypt" in raw and pdfium.raw.FPDF_GetLastError() in locks:
            raise EncryptedPictureError("the PDF is encrypted and needs a password") from error
        raise DamagedPictureError("the PDF cannot be opened: it is damaged, or has no page") from error
    try:
        document.init_forms()
    except pdfium.PdfiumError:  # the pages can be drawn all the same, without what was filled in
        logging.getLogger(__name__).debug("the form of a PDF cannot be drawn", exc_info=True)
    return document


def _close(document: Any) -> None:
    with _ONE_AT_A_TIME:
        document.close()


def _load_pdfium() -> Any:
    """Return pypdfium2, loaded late: it takes as long as a small photo to read."""
    import pypdfium2

    # It gives advice on how to build it where a form is of a kind that it cannot draw.
    logging.getLogger("pypdfium2").setLevel(logging.ERROR)
    # Registered after its own, so called before: it complains of what is still open. Twice is once.
    atexit.unregister(_close_all)
    atexit.register(_close_all)
    return pypdfium2


def _close_all() -> None:
    for pdf in list(_open_documents):
        pdf.close()
