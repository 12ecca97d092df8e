"""Settings of decoding: best path, outliers, signs."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.settings.knob import StageSettings, knob, switch


@dataclass(frozen=True, slots=True)
class DecodeSettings(StageSettings):
    """Best path and reject option."""

    reject_below: float = knob(0.9, 0, 1, "probability", "less probable numbers are rejected")
    report_from: float = knob(
        0.6, 0, 1, "probability of a digit", "numbers of less sure digits are left out beside others; 0 keeps all"
    )
    usual_right: float = knob(
        0.9,
        0.01,
        0.99,
        "of a page's numbers",
        "are right as a rule; where fewer of the others seem to be, a confidence drops",
    )
    surest: float = knob(
        0.99, 0.5, 1, "probability", "cap of a confidence while it is weighed against the page's other numbers"
    )
    lone_one: float = knob(
        0.015, 0, 1, "times the odds", "lowers a 1 on a page where only 1s would be accepted; any stroke looks like one"
    )
    doubtful: float = knob(
        0.85, 0, 0.99, "probability", "a digit less sure speaks against the hypothesis that reads it"
    )
    skip_price: float = knob(0.5, 0, 20, "nats per digit", "ink is passed over only when it clearly is no digit")
    digit_weight: float = knob(0.35, 0, 10, "times", "what the digit network says of a span counts so much")
    line_weight: float = knob(0.8, 0, 10, "times", "what the line network says of it")
    broken_rules: float = knob(
        0.001, 0, 1, "of the numbers", "do not obey what the user says of them; what is allowed must be likelier"
    )
    n_alternatives: int = knob(2, 0, 9, "classes", "next best classes reported with each digit")


@dataclass(frozen=True, slots=True)
class OutlierSettings(StageSettings):
    """What does not fit the page's digits."""

    is_enabled: bool = switch(True, "digits that do not fit the others of their page are passed over")

    least_height_frac: float = knob(0.15, 0, 1, "of the page's digit height", "shorter ink is dust on the page")
    least_lone_frac: float = knob(0.3, 0, 1, "of the page's digit height", "the same, where no digit stands beside it")
    most_height_ratio: float = knob(4.0, 1, 100, "times the page's digit height", "taller ink is a sheet's edge")
    least_contrast_frac: float = knob(0.35, 0, 1, "of the page's digits", "paler ink is grain or a ruling")
    most_stroke_ratio: float = knob(3.5, 1, 100, "times the page's stroke width", "broader ink is a patch, no stroke")
    least_evenness: float = knob(0.65, 0, 1, "of the brightness", "a lone digit on a greater step of light is an edge")
    least_middle: float = knob(
        0.7, 0, 1, "of the brightness around", "what encloses another shade is the outline of a thing"
    )
    shortest_one_frac: float = knob(0.5, 0, 1, "of its line's digit height", "a shorter stroke is a comma or a remain")
    shortest_lone_one_frac: float = knob(0.4, 0, 1, "of the page's digit height", "the same, alone on its line")
    tallest_one_ratio: float = knob(3.0, 1, 100, "times its line's digit height", "a taller stroke is an edge")


@dataclass(frozen=True, slots=True)
class SignSettings(StageSettings):
    """Minus, point and comma by where they stand beside digits; other signs and letters by the line network."""

    is_enabled: bool = switch(False, "signs are written into the text, as with --signs")
    least_sure: float = knob(0.4, 0, 1, "probability", "the line network must be so sure of what it knows by name")
    least_breadth_strokes: float = knob(0.5, 0, 20, "stroke widths", "finer ink is what a ruling left, or dust")
    least_contrast_frac: float = knob(0.5, 0, 1, "of the digit's contrast", "paler ink is no work of the same pen")
    widest_frac: float = knob(
        0.3, 0, 2, "of the digits' height", "broader ink is neither point nor comma, longer ink no point"
    )
    longest_comma_frac: float = knob(0.65, 0, 2, "of the digits' height", "a longer tail is a digit 1 or a stroke")
    foot_frac: float = knob(0.25, 0, 2, "of the digits' height", "points and commas stand no higher over the foot")
    drop_frac: float = knob(0.04, 0, 2, "of the digits' height", "a comma reaches this far below the digits' foot")
    least_elongation: float = knob(1.7, 1, 20, "length over breadth", "rounder ink is a point, neither comma nor dash")
    most_level_deg: float = knob(25.0, 0, 90, "degrees", "a dash leans no more, a comma no less")
    most_gap_frac: float = knob(0.6, 0, 5, "of the digits' height", "white beside a point within a number, at most")
    shortest_minus_frac: float = knob(0.2, 0, 2, "of the digits' height", "a shorter dash is a speck or a hyphen")
    longest_minus_frac: float = knob(1.1, 0, 5, "of the digits' height", "a longer dash fills a line or rules a field")
    middle_frac: float = knob(0.25, 0, 2, "of the digits' height", "a minus lies no farther from the digits' middle")
    apart_frac: float = knob(0.6, 0, 5, "of the digits' height", "white before a minus; with less it joins or parts")
