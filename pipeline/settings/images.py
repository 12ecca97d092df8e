"""Settings of decoding pictures."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.settings.knob import StageSettings, knob


@dataclass(frozen=True, slots=True)
class ImageSettings(StageSettings):
    """Decoding."""

    work_side_px: int = knob(1800, 200, 20_000, "px", "larger pictures shrink by 2, 3, 4 ... down to this long side")
    most_work_mpx: int = knob(
        12, 1, 1000, "megapixels", "a picture that has more at working size, such as a strip, shrinks further"
    )
    most_mpx: int = knob(200, 1, 1000, "megapixels", "a header that promises more is refused before decoding")
    dpi: int = knob(
        300, 36, 1200, "dots per inch", "a PDF's pages are drawn so fine, as a scanner would; huge ones coarser"
    )
    most_pages: int = knob(
        10_000, 1, 1_000_000, "pages", "a file that claims more is refused: a book has a tenth of them"
    )
    least_side_px: int = knob(8, 1, 100, "px", "a side shorter than this holds no digit")
