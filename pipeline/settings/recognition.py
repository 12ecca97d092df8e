"""Settings of recognition: candidate cuts, crops for the network."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.settings.knob import StageSettings, knob


@dataclass(frozen=True, slots=True)
class SegmentSettings(StageSettings):
    """Candidate cuts."""

    most_atoms: int = knob(8, 1, 20, "atoms", "parts that one digit may consist of")
    most_cuts: int = knob(12, 0, 100, "cuts", "per component; bounds the work on scribbles")
    split_width_frac: float = knob(0.7, 0.1, 5, "of the height", "narrower components are not cut")
    widest_digit_frac: float = knob(2.2, 0.3, 5, "of the height", "wider spans are no digit, not even a hasty 0")
    join_gap_frac: float = knob(
        0.25, 0, 2, "of the height", "parts with a wider gap between them are not joined into a digit"
    )
    least_part_frac: float = knob(0.18, 0.01, 1, "of the height", "no digit is narrower between two cuts")
    deepest_joint_frac: float = knob(
        0.5, 0.05, 1, "of the height", "digits are also cut apart where the ink between them is no taller than this"
    )
    deepest_cut_strokes: float = knob(2.5, 0.5, 20, "stroke widths", "a cut crosses no more ink than this")


@dataclass(frozen=True, slots=True)
class NormalizeSettings(StageSettings):
    """Crop -> 28x28."""

    least_side_px: int = knob(8, 1, 64, "px", "floor of the square's side, so that a dot stays a dot")
    thinnest_stroke_px: float = knob(
        2.0, 0, 6, "px of 20", "a finer pen is widened to this; NIST's pens were 2-4 of 28"
    )
    widest_stroke_px: float = knob(4.5, 2, 20, "px of 20", "a broader marker is thinned to this")
