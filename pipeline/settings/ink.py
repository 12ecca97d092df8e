"""Settings of the ink: light, threshold, light writing on dark, rulings, components, broken strokes."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.settings.knob import _Checked, _knob


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
