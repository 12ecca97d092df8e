"""Settings of the ink: light, threshold, rulings, components, broken strokes."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.settings.knob import StageSettings, knob, switch


@dataclass(frozen=True, slots=True)
class IlluminationSettings(StageSettings):
    """Evening out the light."""

    background_side_px: int = knob(
        320, 64, 2000, "px", "long side at which the paper is estimated; light changes slowly"
    )
    background_window_frac: float = knob(
        0.2, 0.02, 1, "of the short side", "what is dark and narrower than this is ink"
    )
    stroke_window_frac: float = knob(
        0.06, 0.005, 1, "of the short side", "polarity: wider than a stroke, narrower than a desk"
    )
    least_bright_ratio: float = knob(
        4.0, 0, 1e6, "times", "bright ink needs so much more energy than dark, which is usual"
    )
    inverse: int = knob(1, 0, 2, "0, 1 or 2", "reads black for white: 0 never, 1 if nothing was read, 2 from the start")
    least_gain: float = knob(
        0.7, 0, 100, "sure digits", "black for white must score more than this, or the page stays blank"
    )


@dataclass(frozen=True, slots=True)
class BinarizeSettings(StageSettings):
    """Ink or paper."""

    peak_frac: float = knob(0.35, 0.1, 0.9, "of the local peak", "edge of a stroke, as a share of its own darkness")
    window_frac: float = knob(0.03, 0.002, 0.5, "of the long side", "how far a dark stroke overrules what is pale")
    grain_tiles: int = knob(16, 1, 200, "tiles along the long side", "grain is measured in tiles about this fine")
    least_tile_px: int = knob(64, 8, 1000, "px", "smaller tiles hold too little bare paper")
    grain_sigmas: float = knob(4.0, 0, 20, "standard deviations", "paper grain and sensor noise stay below this")
    most_contrast_frac: float = knob(0.25, 0, 1, "of full contrast", "darker than this is ink in any grain")
    least_contrast_frac: float = knob(0.06, 0, 0.5, "of full contrast", "paler than this is no ink on any paper")


@dataclass(frozen=True, slots=True)
class RulingSettings(StageSettings):
    """Finding ruled lines and taking them out."""

    is_enabled: bool = switch(True, "ruled lines, grids and box walls are taken out")
    is_kept_tried: bool = switch(True, "a page is also read with its rulings, for what looks like one may be digits")
    least_gain: float = knob(
        0.5, 0, 100, "sure digits", "the page with its rulings must score over this much more, or they are removed"
    )

    least_run_px: int = knob(16, 3, 500, "px", "shortest straight run that may belong to a ruling")
    run_frac: float = knob(0.015, 0.001, 0.5, "of the page's width", "the same on large pages; bounds slope and bend")
    least_length_frac: float = knob(0.25, 0.05, 1, "of the page", "shorter lines may be a digit's bar")
    least_parallels: int = knob(3, 1, 50, "lines", "fewer level lines than these are no ruled sheet and must be longer")
    lone_length_frac: float = knob(
        0.75, 0.05, 1, "of the page", "shorter lone lines may be the feet of a row of digits"
    )
    most_bow_frac: float = knob(0.03, 0, 1, "of its length", "a digit's arc bends more")
    least_slenderness: float = knob(15.0, 2, 200, "times", "length over thickness; a digit's bar is stouter")
    thickest_px: float = knob(10.0, 1, 200, "px", "a broader band is an edge or a thing, no printed line")
    pen_thicknesses: float = knob(
        2.0, 1, 20, "line thicknesses", "broader than the level rulings is a pen's 1, no wall"
    )
    least_cover_frac: float = knob(0.8, 0, 1, "of its length", "a line broken more than that is a row of bars")
    roughness_thicknesses: float = knob(0.5, 0, 10, "line thicknesses", "a line strays no farther from a smooth bow")
    whole_page_frac: float = knob(0.85, 0.2, 1, "of the page", "an upright line this long is no digit 1")
    least_equals: int = knob(4, 2, 50, "lines", "upright lines of one length that make a grid, or walls a form")
    pen_darkness: float = knob(1.5, 1, 20, "times the line's darkness", "darker ink on a line is the pen's and stays")
    most_crossed_frac: float = knob(0.3, 0, 1, "of the line", "with more ink on both sides it is no line under digits")
    crossing_thicknesses: float = knob(
        2.0, 1, 10, "line thicknesses", "ink taller than this crosses the line and stays"
    )


@dataclass(frozen=True, slots=True)
class ComponentSettings(StageSettings):
    """Which connected components may be ink of a digit."""

    is_enabled: bool = switch(True, "what cannot be a digit by its shape, place or contrast is dropped")
    is_rim_dropped: bool = switch(False, "all that touches the rim is dropped, as in video, where it is half outside")
    is_frame_dropped: bool = switch(
        True, "ink drawn around other ink is dropped; a form's frames are known, not looked for"
    )

    least_side_px: int = knob(6, 1, 100, "px", "smaller than this is a speck")
    tallest_frac: float = knob(
        1.0, 0.01, 1, "of the page's height", "taller is no ink; in video, a shadow or a folder beside the sheet"
    )
    rim_frac: float = knob(
        0.25, 0, 1, "of the page's side", "ink along the rim for longer than this is the sheet's edge"
    )
    rim_depth_frac: float = knob(0.35, 0, 10, "of its length", "unless it reaches this far into the page")
    frame_fill_frac: float = knob(0.25, 0, 1, "of its box", "fuller ink is no drawn line; a sheet's edge may be broad")
    frame_stroke_ratio: float = knob(2.0, 1, 100, "times finer", "is the pen inside a broad surround, a card's shadow")
    framed_height_frac: float = knob(0.25, 0, 1, "of its height", "a frame holds something at least this tall")
    blot_frac: float = knob(0.5, 0.1, 2, "of the longer side", "as broad as it is long: a blot, not a stroke")
    dash_slenderness: float = knob(6.0, 1, 100, "times its height", "level ink so long and thin is a dash, no digit")
    speck_frac: float = knob(0.08, 0, 1, "of the ink's usual height", "smaller is dust, beside digits of that height")
    pale_frac: float = knob(0.35, 0, 1, "of the median contrast", "much paler than the page's ink: grain, show-through")
    most_components: int = knob(800, 1, 10_000, "components", "the longest are kept; bounds the work on a noisy page")


@dataclass(frozen=True, slots=True)
class BrokenStrokeSettings(StageSettings):
    """Parts of a broken digit, one above the other."""

    is_enabled: bool = switch(True, "parts of one digit that stand close above one another are joined")

    least_overlap_frac: float = knob(0.5, 0, 1, "of the narrower", "parts of one digit overlap so much across")
    most_gap_strokes: float = knob(1.2, 0, 20, "stroke widths", "a ruling or a glare takes out no more of a stroke")
    least_contrast_frac: float = knob(0.4, 0, 1, "of the darker", "paler ink beside it is a shadow, no part of it")
    least_height_frac: float = knob(0.2, 0, 1, "of both together", "less than this is a speck, no part")
    tallest_frac: float = knob(1.4, 0.1, 10, "of the page's ink height", "taller together are two lines' digits")
