"""Values to try for every tuned setting, to either side of the one that is shipped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields

from pipeline.errors import UsageError
from pipeline.settings.decoding import SignSettings
from pipeline.settings.live import TrackSettings
from pipeline.settings.tree import Settings

LEFT_OUT = {
    "images.most_mpx": "only refuses pictures",
    "images.least_side_px": "only refuses pictures",
    "images.dpi": "draws PDFs, of which there are none to score by",
    "components.tallest_frac": "no limit on a page, and at the end of its range; live reading sets one",
    "text_lines.least_height_px": "spares time in live reading",
    "decode.n_alternatives": "is written beside each digit and decides nothing",
    **{f"signs.{knob.name}": "acts with --signs alone, and on no digit" for knob in fields(SignSettings)},
    **{f"track.{knob.name}": "acts in live reading alone" for knob in fields(TrackSettings)},
}
"""Settings that can change no digit that is read on a page, or are not for that, and why."""

_STEPS = (0.2, 0.4), (0.25, 0.6)
"""Steps downward and upward, as shares of the shipped value: times 0.8 and 0.6, 1.25 and 1.6."""


@dataclass(frozen=True, slots=True)
class Change:
    """One setting moved from its shipped value to `value`."""

    stage: str
    knob: str
    value: float

    def __str__(self) -> str:
        return f"{self.stage}.{self.knob}={self.value:g}"


def list_changes(stages: Sequence[str] | None = None) -> list[list[Change]]:
    """Return, for every tuned setting of the `stages` (None: of all), the changes to try, the nearest first.

    Raises
    ------
    UsageError : there is no stage of that name, or nothing in it is tuned
    """
    shipped = Settings()
    names = [f.name for f in fields(Settings)]
    if unknown := sorted(set(stages or ()) - set(names)):
        raise UsageError(f"there is no stage {unknown[0]!r}", f"the stages are {', '.join(names)}")
    trials = []
    for stage in names if stages is None else stages:
        for knob in fields(getattr(shipped, stage)):
            if f"{stage}.{knob.name}" not in LEFT_OUT and not isinstance(knob.default, bool):
                value = getattr(getattr(shipped, stage), knob.name)
                values = list_values(value, knob.metadata["low"], knob.metadata["high"])
                trials.append([Change(stage, knob.name, other) for other in values])
    return trials


def list_values(shipped: float, low: float, high: float) -> list[float]:
    """Return up to two values on either side of the shipped one, the nearest first.

    Shares of the value itself; where these would leave the range, thirds of the way to its end. Whole numbers move by 1
    and 2 at least. At the end of its range a setting has values on one side only.

    Parameters
    ----------
    shipped : the value that the others surround; they are whole numbers if it is
    low, high : the range, both ends allowed
    """
    values = set()
    for sign, end, shares in ((-1, low, _STEPS[0]), (1, high, _STEPS[1])):
        room = abs(end - shipped)
        moves = [share * (abs(shipped) or (high - low) / 10) for share in shares]
        if moves[-1] > room:
            moves = [room / 3, 2 * room / 3]
        if isinstance(shipped, int):
            moves = [max(i, round(move)) for i, move in enumerate(moves, start=1)]
        values |= {_round(shipped + sign * move) for move in moves if 0 < move <= room}
    return sorted(values, key=lambda value: (abs(value - shipped), value))


def combine(changes: Iterable[Change]) -> dict[str, dict[str, float]]:
    """Return {stage: {knob: value}} as `Settings.from_dict` takes it; of two changes of one setting the later holds."""
    values: dict[str, dict[str, float]] = {}
    for change in changes:
        values.setdefault(change.stage, {})[change.knob] = change.value
    return values


def _round(value: float) -> float:
    return value if isinstance(value, int) else float(f"{value:.4g}")
