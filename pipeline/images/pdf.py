"""PDF pages as pictures, rendered by PDFium one by one from an open document."""

from __future__ import annotations

import atexit
import logging
import math
import threading
import weakref
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DamagedPictureError, EncryptedPictureError, PictureSizeError
from pipeline.images.header_types import Frame
from pipeline.settings.images import ImageSettings

_POINTS_PER_INCH = 72
_ROUNDING_GUARD = 1 - 1e-9
"""240 points at 300 dpi are 1000.0000000000001 px in floating point, which would be rounded up to 1001."""

_lock = threading.RLock()
"""PDFium keeps its state in globals: only one thread at a time may call it."""

_open_documents: weakref.WeakSet[Pdf] = weakref.WeakSet()


def is_pdf(raw: bytes | bytearray) -> bool:
    """Return whether the bytes start as a PDF, also after white space or a byte order mark, as some programs write."""
    return raw[:1024].lstrip(b"\0\t\r\n \xef\xbb\xbf").startswith(b"%PDF-")


class Pdf:
    """An open PDF, whose pages are measured and rendered on demand; it is closed when it is deleted."""

    def __init__(self, raw: bytes | bytearray, settings: ImageSettings, password: str | None = None) -> None:
        """Open the document.

        Parameters
        ----------
        raw : the whole file
        settings : dots per inch, and the largest number of pixels of a page
        password : of an encrypted PDF

        Raises
        ------
        EncryptedPictureError
            If it needs a password, or another one.
        DamagedPictureError
            If it cannot be opened, or has no page.
        PictureSizeError
            If it has more pages than `settings.most_pages`.
        """
        self._raw, self._settings, self._password = raw, settings, password
        with _lock:
            self._document = _open(raw, password)
            self._closing = weakref.finalize(self, _close, self._document)
            _open_documents.add(self)
            self.n_pages = len(self._document)  # 1 or more, or pypdfium2 would not have opened it
        if self.n_pages > len(raw):  # PDFium does not check the number
            raise DamagedPictureError(f"the PDF claims {self.n_pages} pages, more than it has bytes")
        if self.n_pages > settings.most_pages:
            message = f"it has {self.n_pages:,} pages, more than {settings.most_pages:,}"
            raise PictureSizeError(message, "split it, or raise images.most_pages in the settings")

    def __reduce__(self) -> tuple[type[Pdf], tuple[bytes | bytearray, ImageSettings, str | None]]:
        """Pickle the bytes, so that another process opens the PDF again: PDFium's objects cannot be pickled."""
        return Pdf, (self._raw, self._settings, self._password)

    def close(self) -> None:
        """Close the document; no page can be rendered afterwards."""
        self._closing()

    def measure(self, number: int) -> Frame:
        """Return the size at which page `number` (from 1) is rendered, with the rotation of the page applied.

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
        is_color : render in BGR, not in gray

        Returns
        -------
        uint8 (h, w), or (h, w, 3) in BGR

        Raises
        ------
        DamagedPictureError
            If the page cannot be drawn.
        """
        scale = self._fit(number)[1]
        with _lock:
            try:
                page = self._document[number - 1]
                try:
                    bitmap = page.render(scale=scale, grayscale=not is_color)
                    pixels: NDArray[np.uint8] = bitmap.to_numpy().copy()
                    bitmap.close()
                finally:
                    page.close()
            except Exception as error:  # PdfiumError, but damaged numbers also raise ValueError, OverflowError ...
                raise DamagedPictureError(f"the page cannot be drawn ({error})") from error
        return pixels[..., 0] if pixels.ndim == 3 and not is_color else pixels

    def _fit(self, number: int) -> tuple[Frame, float]:
        """Return a page's size, px, and px per point, by the dpi of the settings, or less for a page that is too large.

        Both sides are rounded up, so (w s + 1)(h s + 1) must not exceed the limit: quadratic in the scale s.
        """
        with _lock:
            try:
                width, height = self._document.get_page_size(number - 1)
            except Exception as error:  # as in `draw`
                raise DamagedPictureError(f"the page cannot be found ({error})") from error
        if not (0 < width < math.inf and 0 < height < math.inf):
            raise DamagedPictureError("the page does not say its size")
        half_perimeter, area, most_px = width + height, width * height, self._settings.most_mpx * 1_000_000
        largest = (math.sqrt(half_perimeter**2 + 4 * area * (most_px - 1)) - half_perimeter) / (2 * area)
        scale = min(self._settings.dpi / _POINTS_PER_INCH, largest) * _ROUNDING_GUARD
        return Frame(math.ceil(width * scale), math.ceil(height * scale), number=number), scale


def _open(raw: bytes | bytearray, password: str | None) -> Any:
    """Return pypdfium2's document, its form fields ready to be rendered."""
    pdfium = _load_pdfium()
    try:
        document = pdfium.PdfDocument(raw, password=password)
    except pdfium.PdfiumError as error:
        # The last error may be that of an earlier document: PDFium sets none for a document without a page.
        locks = (pdfium.raw.FPDF_ERR_PASSWORD, pdfium.raw.FPDF_ERR_SECURITY)
        if b"/Encrypt" in raw and pdfium.raw.FPDF_GetLastError() in locks:
            what = "needs a password" if password is None else "needs another password than the one given"
            raise EncryptedPictureError(f"the PDF is encrypted and {what}") from error
        raise DamagedPictureError("the PDF cannot be opened: it is damaged, or has no page") from error
    try:
        document.init_forms()
    except pdfium.PdfiumError:  # the pages can be rendered without the form fields
        logging.getLogger(__name__).debug("the form of a PDF cannot be drawn", exc_info=True)
    return document


def _close(document: Any) -> None:
    with _lock:
        document.close()


def _load_pdfium() -> Any:
    """Return pypdfium2, imported late: it takes as long as reading a small photo."""
    import pypdfium2

    # It logs how to build it with support for forms that it cannot render.
    logging.getLogger("pypdfium2").setLevel(logging.ERROR)
    # Registered after pypdfium2's own handler, so called before it, which warns of open documents.
    atexit.unregister(_close_all)
    atexit.register(_close_all)
    return pypdfium2


def _close_all() -> None:
    for pdf in list(_open_documents):
        pdf.close()
