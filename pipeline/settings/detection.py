"""Settings of detection: how a page is looked at for digits."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.settings.knob import StageSettings, knob, switch


@dataclass(frozen=True, slots=True)
class DetectionSettings(StageSettings):
    """The page network."""

    is_enabled: bool = switch(True, "the page network tells where digits are; without it rules do")

    is_hand_read: bool = switch(True, "numbers written by hand are reported; --writing printed switches it off")
    is_print_read: bool = switch(True, "printed numbers are reported; --writing hand switches it off")

    side_px: int = knob(768, 128, 4000, "px", "long side at which a page is looked at first")
    most_mpx: float = knob(2.0, 0.1, 50, "megapixels", "bounds the second look")
    least_peak: float = knob(0.3, 0.01, 1, "probability", "a lower peak is no digit")
    least_area: float = knob(0.05, 0, 1, "probability", "ink where a digit is less probable is not looked at")
    wider_frac: float = knob(0.12, 0, 2, "of the digit height", "ink this near to a digit's area is looked at")
    weight: float = knob(1.2, 0, 10, "times", "what the page network says of a span counts so much")
    tallest_px: float = knob(72.0, 10, 1000, "px", "a page of taller digits is shrunk")
    lowest_px: float = knob(28.0, 1, 1000, "px", "a page of lower digits is enlarged")
    wanted_px: float = knob(48.0, 5, 1000, "px", "to digits of this height")
    most_enlarged: float = knob(3.0, 1, 20, "times", "what is smaller has too few pixels to be read")
    least_link: float = knob(0.5, 0, 1, "probability", "a digit that was seen, not read, belongs to what it links to")
    most_digits: int = knob(1000, 1, 100_000, "digits", "bounds the work on a page of noise")
