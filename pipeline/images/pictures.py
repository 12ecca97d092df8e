"""Pictures that are in memory already -> pages: arrays and PIL pictures, upright and of the working size."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PictureTypeError
from pipeline.images.pixels import choose_factors, flatten, map_to_source, shrink
from pipeline.settings.images import ImageSettings
from pipeline.types import Page

Channels = Literal["bgr", "rgb"]
"""Order of the channels of a color array: OpenCV's, or that of PIL, Matplotlib and imageio."""


def make_page(
    picture: Any, settings: ImageSettings | None = None, channels: Channels | None = None, name: str = "<array>"
) -> Page:
    """Return the page of a picture in memory.

    Parameters
    ----------
    picture : uint8 (H, W) gray, (H, W, 3) in the order of `channels`, or (H, W, 4) with alpha last; or a PIL picture,
        whose EXIF orientation is applied
    settings : working size
    channels : "bgr" or "rgb"; required for a color array
    name : for the results

    Raises
    ------
    PictureTypeError
        If it is anything else; the message shows the call that works.
    """
    if hasattr(picture, "convert") and hasattr(picture, "getbands"):
        return make_page(_open_pil(picture), settings, "rgb", name if name != "<array>" else "<picture>")
    if not isinstance(picture, np.ndarray):
        expected = "a path, bytes, an open binary file, a PIL picture or an array"
        raise PictureTypeError(f"expected {expected}, received {type(picture).__name__}", 'call read("photo.jpg")')
    _check_array(picture, channels)
    pixels = picture
    if pixels.ndim == 3 and pixels.shape[2] >= 3 and channels == "rgb":
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR if pixels.shape[2] == 3 else cv2.COLOR_RGBA2BGRA)
    factor = max(choose_factors(pixels.shape, settings or ImageSettings()))
    gray = shrink(flatten(pixels, is_color=False), factor)
    size = pixels.shape[1], pixels.shape[0]
    back = map_to_source(1, size, gray.shape[::-1], factor)
    return Page(gray if gray is not picture else gray.copy(), name, to_source=back, source_size_px=size)


def _open_pil(picture: Any) -> NDArray[np.uint8]:
    """Return a PIL picture as uint8 (H, W, 3) or (H, W, 4), upright."""
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(picture)
    has_alpha = "A" in upright.getbands() or "transparency" in upright.info
    return np.array(upright.convert("RGBA" if has_alpha else "RGB"))


def _check_array(array: NDArray[Any], channels: Channels | None) -> None:
    shape = f"{array.dtype} of shape {array.shape}"
    if array.dtype != np.uint8:
        hint = "for floats from 0 to 1: read((255 * array).round().astype(np.uint8))"
        raise PictureTypeError(f"expected an array of uint8, received {shape}", hint)
    if array.size == 0 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise PictureTypeError(f"expected an array (H, W), (H, W, 3) or (H, W, 4), received {shape}", "")
    if array.ndim == 3 and array.shape[2] >= 3 and channels not in ("bgr", "rgb"):
        hint = 'call read(array, channels="bgr") for a picture of cv2.imread, channels="rgb" for one of PIL or imageio'
        raise PictureTypeError(f"a color array ({shape}) needs the order of its channels", hint)
