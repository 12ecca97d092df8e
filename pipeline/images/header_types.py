"""The header of a picture file and its pages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """One page of a picture file.

    Attributes
    ----------
    width, height : px as stored, before the orientation is applied
    orientation : EXIF orientation, 1 (upright) .. 8
    is_inverted : whether the stored zero is white (TIFF photometric 0)
    is_copy : whether it is a thumbnail or a smaller copy of another page
    directory : byte offset of the TIFF directory; 0 for other formats
    orientation_at : byte offset of the TIFF orientation's value; 0 if there is none
    number : page, from 1, of a PDF; 0 for other formats
    """

    width: int
    height: int
    orientation: int = 1
    is_inverted: bool = False
    is_copy: bool = False
    directory: int = 0
    orientation_at: int = 0
    number: int = 0

    @property
    def upright_size_px(self) -> tuple[int, int]:
        """(width, height) once turned upright."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


@dataclass(frozen=True, slots=True)
class Header:
    """A picture file's format and its pages.

    Attributes
    ----------
    format : JPEG, PNG, WEBP, TIFF, BMP, GIF, HEIF, AVIF, JPEG2000, PPM (PBM, PGM, PPM), PAM, PFM, SUN, HDR or PDF
    frames : its pages, several in a TIFF; none for a PDF, whose pages are measured later
    note : for the user, such as that it is animated; None for none
    """

    format: str
    frames: tuple[Frame, ...]
    note: str | None = None


def note_animation(n_frames: int | None) -> str | None:
    """Return the note for a picture of several frames, their number None if not counted; None for a still picture."""
    if n_frames is None:
        return "animated: the first frame is read"
    return f"animated: the first of {n_frames} frames is read" if n_frames > 1 else None
