"""Every number that may be tuned: one frozen dataclass per stage, each field with its unit, range and reason."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from pipeline.errors import SettingsError


def _knob(default: Any, low: float, high: float, unit: str, reason: str) -> Any:
    return field(default=default, metadata={"low": low, "high": high, "unit": unit, "reason": reason})


class _Checked:
    """Checks each knob of a stage's settings against its range."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for knob in fields(self):  # type: ignore[arg-type]
            value, low, high = getattr(self, knob.name), knob.metadata["low"], knob.metadata["high"]
            wanted = (int,) if isinstance(knob.default, int) else (int, float)
            if isinstance(value, bool) or not isinstance(value, wanted):
                kind = "a whole number" if wanted == (int,) else "a number"
                raise SettingsError(f"{type(self).__name__}.{knob.name}: expected {kind}, received {value!r}")
            if not low <= value <= high:
                raise SettingsError(f"{type(self).__name__}.{knob.name}: expected {low} to {high}, received {value}")


@dataclass(frozen=True, slots=True)
class ImageSettings(_Checked):
    """Decoding."""

    work_side_px: int = _knob(1800, 200, 20_000, "px", "larger pictures shrink by 2, 3, 4 ... down to this long side")
    most_mpx: int = _knob(200, 1, 1000, "megapixels", "a header that promises more is refused before decoding")
    dpi: int = _knob(
        300, 36, 1200, "dots per inch", "a PDF's pages are drawn so fine, as a scanner would; huge ones coarser"
    )
    least_side_px: int = _knob(8, 1, 100, "px", "a side shorter than this holds no digit")


@dataclass(frozen=True, slots=True)
class IlluminationSettings(_Checked):
    """Evening out the light."""

    background_side_px: int = _knob(
        320, 64, 2000, "px", "long side at which the paper is estimated; light changes slowly"
    )
    background_window_frac: float = _knob(
        0.2, 0.02, 1, "of the short side", "what is dark and narrower than this is ink"
    )
    stroke_window_frac: float = _knob(
        0.06, 0.005, 1, "of the short side", "polarity: wider than a stroke, narrower than a desk"
    )
    least_bright_ratio: float = _knob(
        4.0, 0, 1e6, "times", "bright ink is told by more energy than dark, which is usual"
    )
    inverse: int = _knob(
        1, 0, 2, "0 to 2", "1 takes black for white where no digit is found, 0 never, 2 from the start"
    )


@dataclass(frozen=True, slots=True)
class TurnSettings(_Checked):
    """Pages on their side or head."""

    doubt_below: float = _knob(0.97, 0, 1, "mean confidence", "a page of surer digits is not turned; 0 turns none")
    least_gain: float = _knob(0.03, 0, 1, "mean confidence", "a turn must be surer by this")
    least_sureness: float = _knob(0.93, 0, 1, "mean confidence", "digits less sure do not tell which way is up")
    least_digits: int = _knob(4, 1, 1000, "digits", "fewer do not tell: a 6 is a 9, a 4 on its side a 7, by chance")


@dataclass(frozen=True, slots=True)
class BinarizeSettings(_Checked):
    """Ink or paper."""

    peak_frac: float = _knob(0.35, 0.1, 0.9, "of the local peak", "edge of a stroke, as a share of its own darkness")
    window_frac: float = _knob(0.03, 0.002, 0.5, "of the long side", "how far a dark stroke overrules what is pale")
    grain_tiles: int = _knob(16, 1, 200, "tiles along the long side", "grain is measured in tiles about this fine")
    least_tile_px: int = _knob(64, 8, 1000, "px", "smaller tiles hold too little bare paper")
    grain_sigmas: float = _knob(4.0, 0, 20, "standard deviations", "paper grain and sensor noise stay below this")
    most_contrast_frac: float = _knob(0.25, 0, 1, "of full contrast", "darker than this is ink in any grain")
    least_contrast_frac: float = _knob(0.06, 0, 0.5, "of full contrast", "paler than this is no ink on any paper")


@dataclass(frozen=True, slots=True)
class PlateSettings(_Checked):
    """Finding dark plates with bright writing."""

    least_side_px: int = _knob(12, 3, 1000, "px", "a smaller patch of ink is no plate")
    least_fill: float = _knob(0.5, 0.1, 1, "of the plate", "less dark is no plate: strokes with paper between them")
    least_rim: float = _knob(0.75, 0, 1, "of the plate's rim", "less dark is no plate; digits run into the rim")
    stroke_ratio: float = _knob(
        0.85, 0, 10, "times the bright strokes", "its dark ones are so broad; a box has thin ones"
    )
    least_height_frac: float = _knob(0.45, 0.05, 1, "of the plate", "lower bright patches are no writing")
    most_solid: float = _knob(0.8, 0, 1, "of its convex hull", "a more solid bright patch is no writing")


@dataclass(frozen=True, slots=True)
class RulingSettings(_Checked):
    """Finding ruled lines and taking them out."""

    least_run_px: int = _knob(16, 3, 500, "px", "shortest straight run that may belong to a ruling")
    run_frac: float = _knob(0.015, 0.001, 0.5, "of the page's width", "the same on large pages; bounds slope and bend")
    least_length_frac: float = _knob(0.25, 0.05, 1, "of the page", "shorter lines may be a digit's bar")
    least_parallels: int = _knob(
        3, 1, 50, "lines", "fewer level lines than these are no ruled sheet and must be longer"
    )
    lone_length_frac: float = _knob(
        0.75, 0.05, 1, "of the page", "shorter lone lines may be the feet of a row of digits"
    )
    most_bow_frac: float = _knob(0.03, 0, 1, "of its length", "a digit's arc bends more")
    least_slenderness: float = _knob(15.0, 2, 200, "times", "length over thickness; a digit's bar is stouter")
    thickest_px: float = _knob(10.0, 1, 200, "px", "a broader band is an edge or a thing, no printed line")
    pen_thicknesses: float = _knob(
        2.0, 1, 20, "line thicknesses", "broader than the level rulings is a pen's 1, no wall"
    )
    least_cover_frac: float = _knob(0.8, 0, 1, "of its length", "a line broken more than that is a row of bars")
    roughness_thicknesses: float = _knob(0.5, 0, 10, "line thicknesses", "a line strays no farther from a smooth bow")
    whole_page_frac: float = _knob(0.85, 0.2, 1, "of the page", "an upright line this long is no digit 1")
    least_equals: int = _knob(4, 2, 50, "lines", "upright lines of one length that make a grid, or walls a form")
    pen_darkness: float = _knob(1.5, 1, 20, "times the line's darkness", "darker ink on a line is the pen's and stays")
    most_crossed_frac: float = _knob(0.3, 0, 1, "of the line", "with more ink on both sides it is no line under digits")
    crossing_thicknesses: float = _knob(
        2.0, 1, 10, "line thicknesses", "ink taller than this crosses the line and stays"
    )
    read_twice: int = _knob(1, 0, 1, "0 or 1", "1 reads it with its rulings, without narrow shadows, too")


@dataclass(frozen=True, slots=True)
class SkewSettings(_Checked):
    """Measuring the skew of the writing and taking it out."""

    least_components: int = _knob(4, 2, 50, "components", "shorter lines slant by chance")
    least_deg: float = _knob(10.0, 0, 45, "degrees", "the network reads less skew than this as it is")
    least_ruled_deg: float = _knob(1.0, 0, 45, "degrees", "rulings are found and taken out where they slope less")
    steepest_deg: float = _knob(50.0, 0, 90, "degrees", "writing that runs steeper stands on its side")
    reach_sizes: float = _knob(2.0, 0.5, 20, "components' sizes", "farther neighbors may be another line's")
    hough_side_px: int = _knob(320, 64, 2000, "px", "long side at which long lines are looked for; bounds the work")
    least_dot_frac: float = _knob(0.2, 0, 1, "of a shrunk pixel", "a thin line fills no more of the pixels it crosses")
    least_ruling_frac: float = _knob(0.35, 0.05, 1, "of the long side", "shorter lines may be rows of digits")
    least_parallels: int = _knob(3, 1, 50, "lines", "fewer parallel lines may be edges of things")


@dataclass(frozen=True, slots=True)
class ComponentSettings(_Checked):
    """Which connected components may be ink of a digit."""

    least_side_px: int = _knob(6, 1, 100, "px", "smaller than this is a speck")
    tallest_frac: float = _knob(
        1.0, 0.01, 1, "of the page's height", "taller is no ink; in video, a shadow or a folder beside the sheet"
    )
    rim_frac: float = _knob(
        0.25, 0, 1, "of the page's side", "ink along the rim for longer than this is the sheet's edge"
    )
    rim_depth_frac: float = _knob(0.35, 0, 1000, "of its length", "unless it reaches this far into the page")
    frame_fill_frac: float = _knob(0.25, 0, 1, "of its box", "fuller ink is no drawn line; a sheet's edge may be broad")
    frame_stroke_ratio: float = _knob(2.0, 1, 100, "times finer", "is the pen inside a broad surround, a card's shadow")
    framed_height_frac: float = _knob(0.25, 0, 1, "of its height", "a frame holds something at least this tall")
    blot_frac: float = _knob(0.5, 0.1, 2, "of the longer side", "as broad as it is long: a blot, not a stroke")
    dash_slenderness: float = _knob(6.0, 1, 100, "times its height", "level ink so long and thin is a dash, no digit")
    speck_frac: float = _knob(0.08, 0, 1, "of the ink's usual height", "smaller is dust, beside digits of that height")
    pale_frac: float = _knob(
        0.35, 0, 1, "of the median contrast", "much paler than the page's ink: grain, show-through"
    )
    most_components: int = _knob(800, 1, 10_000, "components", "the longest are kept; bounds the work on a noisy page")


@dataclass(frozen=True, slots=True)
class PieceSettings(_Checked):
    """Pieces of a broken digit, one above the other."""

    least_overlap_frac: float = _knob(0.5, 0, 1, "of the narrower", "pieces of one digit overlap so much across")
    most_gap_strokes: float = _knob(1.2, 0, 20, "stroke widths", "a ruling or a glare takes out no more of a stroke")
    least_contrast_frac: float = _knob(0.4, 0, 1, "of the darker", "paler ink beside it is a shadow, no piece of it")
    least_height_frac: float = _knob(0.2, 0, 1, "of both together", "less than this is a speck, no piece")
    tallest_frac: float = _knob(1.4, 0.1, 10, "of the page's ink height", "taller together are two lines' digits")


@dataclass(frozen=True, slots=True)
class LineSettings(_Checked):
    """Components into lines and numbers."""

    reach_heights: float = _knob(4.0, 0.5, 20, "heights", "farther than this is no neighbor")
    least_overlap_frac: float = _knob(0.3, 0, 1, "of the smaller height", "neighbors in a line share this much height")
    steepest: float = _knob(1.5, 0, 100, "down per across", "neighbors on a line do not stand one above the other")
    widest_cover_frac: float = _knob(2.2, 0, 100, "of the height", "wider ink over or under a digit is no part of it")
    join_overlap_frac: float = _knob(0.5, 0, 1, "of the smaller height", "chains of one line share this much height")
    least_height_px: int = _knob(0, 0, 1000, "px", "lower lines are not looked at; live reading takes no time for them")


@dataclass(frozen=True, slots=True)
class NumberSettings(_Checked):
    """Digits of a line into numbers."""

    least_gap_frac: float = _knob(0.35, 0, 5, "of the height", "gaps below this count as this: no number ends there")
    gap_ratio: float = _knob(2.6, 1, 10, "times", "gaps on the mean so much wider than the others end numbers")
    tallest_sign_frac: float = _knob(1.4, 0, 20, "of the height", "taller ink between digits is the wall of a box")
    sign_height_frac: float = _knob(0.35, 0, 2, "of the height", "a skipped sign at least this tall ends a number")


@dataclass(frozen=True, slots=True)
class SegmentSettings(_Checked):
    """Candidate cuts."""

    most_atoms: int = _knob(8, 1, 20, "atoms", "pieces that one digit may consist of")
    most_cuts: int = _knob(12, 0, 100, "cuts", "per component; bounds the work on scribbles")
    most_slant: float = _knob(0.3, 0, 2, "px right per px up", "cuts lean no more: steep strokes of 1, 4 and 7 mislead")
    split_width_frac: float = _knob(0.7, 0.1, 5, "of the height", "narrower components are not cut")
    widest_digit_frac: float = _knob(2.2, 0.3, 5, "of the height", "wider spans are no digit, not even a hasty 0")
    join_gap_frac: float = _knob(0.25, 0, 2, "of the height", "pieces of one digit lie no farther apart")
    least_piece_frac: float = _knob(0.18, 0.01, 1, "of the height", "no digit is narrower between two cuts")
    deepest_joint_frac: float = _knob(0.5, 0.05, 1, "of the height", "or where the ink is no taller than this")
    deepest_cut_strokes: float = _knob(2.5, 0.5, 20, "stroke widths", "a cut crosses at most this much ink")


@dataclass(frozen=True, slots=True)
class DecodeSettings(_Checked):
    """Best path and reject option."""

    reject_below: float = _knob(0.9, 0, 1, "probability", "less probable numbers are rejected")
    usual_right: float = _knob(0.9, 0.01, 0.99, "of a page's numbers", "one among others less often right is doubted")
    surest: float = _knob(0.99, 0.5, 1, "probability", "so sure at most is a number before the others are heard")
    lone_one: float = _knob(
        0.015, 0, 1, "odds", "of a 1 where no other number is, to other numbers: strokes look like it"
    )
    doubtful: float = _knob(0.6, 0, 1, "probability", "a digit less sure speaks against the way that a page was read")
    skip_price: float = _knob(0.5, 0, 20, "nats per digit", "ink is passed over only when it clearly is no digit")
    digit_weight: float = _knob(0.4, 0, 10, "times", "what the digit network says of a span counts so much")
    line_weight: float = _knob(0.7, 0, 10, "times", "what the line network says of it")
    n_alternatives: int = _knob(2, 0, 9, "classes", "next best classes reported with each digit")


@dataclass(frozen=True, slots=True)
class StraySettings(_Checked):
    """What does not fit the page's digits."""

    least_height_frac: float = _knob(0.15, 0, 1, "of the page's digit height", "shorter ink is dust on the page")
    least_lone_frac: float = _knob(0.3, 0, 1, "of the page's digit height", "the same, where no digit stands beside it")
    most_height_ratio: float = _knob(4.0, 1, 100, "times the page's digit height", "taller ink is a sheet's edge")
    least_contrast_frac: float = _knob(0.35, 0, 1, "of the page's digits", "paler ink is grain or a ruling")
    most_stroke_ratio: float = _knob(3.5, 1, 100, "times the page's stroke width", "broader ink is a patch, no stroke")
    least_evenness: float = _knob(0.65, 0, 1, "of the brightness", "a lone digit on a greater step of light is an edge")
    least_middle: float = _knob(
        0.7, 0, 1, "of the brightness around", "what encloses another shade is the outline of a thing"
    )
    shortest_one_frac: float = _knob(0.5, 0, 1, "of its line's digit height", "a shorter stroke is a comma or a remain")
    shortest_lone_one_frac: float = _knob(0.4, 0, 1, "of the page's digit height", "the same, alone on its line")
    tallest_one_ratio: float = _knob(3.0, 1, 100, "times its line's digit height", "a taller stroke is an edge")


@dataclass(frozen=True, slots=True)
class SignSettings(_Checked):
    """Minus, point and comma, told by where they stand beside digits."""

    reported: int = _knob(0, 0, 1, "0 or 1", "1 writes signs into the text, as --signs does")
    least_breadth_strokes: float = _knob(0.5, 0, 20, "stroke widths", "finer ink is what a ruling left, or dust")
    least_contrast_frac: float = _knob(0.5, 0, 1, "of the digit's contrast", "paler ink is no work of the same pen")
    widest_frac: float = _knob(0.3, 0, 2, "of the digits' height", "broader ink is no point; a longer one no point")
    longest_comma_frac: float = _knob(0.65, 0, 2, "of the digits' height", "a longer tail is a digit 1 or a stroke")
    foot_frac: float = _knob(0.25, 0, 2, "of the digits' height", "points and commas stand no higher over the foot")
    drop_frac: float = _knob(0.04, 0, 2, "of the digits' height", "a comma reaches this far below the digits' foot")
    least_elongation: float = _knob(1.7, 1, 20, "length over breadth", "rounder ink is a point, neither comma nor dash")
    most_level_deg: float = _knob(25.0, 0, 90, "degrees", "a dash leans no more, a comma no less")
    most_gap_frac: float = _knob(0.6, 0, 5, "of the digits' height", "white beside a point within a number, at most")
    shortest_minus_frac: float = _knob(0.2, 0, 2, "of the digits' height", "a shorter dash is a speck or a hyphen")
    longest_minus_frac: float = _knob(1.1, 0, 5, "of the digits' height", "a longer dash fills a line or rules a field")
    middle_frac: float = _knob(0.25, 0, 2, "of the digits' height", "a minus lies no farther from the digits' middle")
    apart_frac: float = _knob(0.6, 0, 5, "of the digits' height", "white before a minus; with less it joins or parts")


@dataclass(frozen=True, slots=True)
class NormalizeSettings(_Checked):
    """Crop -> 28x28."""

    least_side_px: int = _knob(8, 1, 64, "px", "floor of the square's side, so that a dot stays a dot")
    thinnest_stroke_px: float = _knob(
        2.0, 0, 6, "px of 20", "a finer pen is widened to this; NIST's pens were 2-4 of 28"
    )
    widest_stroke_px: float = _knob(4.5, 2, 20, "px of 20", "a broader marker is thinned to this")


@dataclass(frozen=True, slots=True)
class TrackSettings(_Checked):
    """Numbers followed from frame to frame of a video."""

    frame_digits: float = _knob(14.0, 1, 1e6, "digits", "read in one frame, so that it is in time; lines take turns")
    confirm_frames: int = _knob(6, 1, 1000, "frames", "so many must say the same; a fifth of a second at 30 a second")
    min_confidence: float = _knob(0.9, 0, 1, "probability", "less probable votes are not confirmed")
    window_frames: int = _knob(15, 1, 1000, "frames", "vote together; more are slower to see a number change")
    independent_frames: float = _knob(3.0, 0.1, 100, "frames", "many are worth no more: they share their mistakes")
    rejected_weight: float = _knob(0.3, 0, 1, "votes", "a rejected reading counts so much")
    correction_ratio: float = _knob(1.75, 1, 100, "times", "frames to replace a number by one that is almost the same")
    reach_heights: float = _knob(1.0, 0, 20, "digit heights", "a number strays no farther between two frames")
    rim_heights: float = _knob(1.0, 0, 10, "digit heights", "nearer to the rim, what moves may still be half outside")
    patience_s: float = _knob(0.6, 0, 60, "seconds", "a number out of sight for longer is followed no more")
    memory_s: float = _knob(3.0, 0, 3600, "seconds", "a number that comes back sooner is not reported again")
    lost_after_s: float = _knob(120.0, 0, 1e6, "seconds", "a camera that has not come back by then is lost for good")
