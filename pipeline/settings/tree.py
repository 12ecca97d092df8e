"""All stages' knobs together: from and to a TOML or JSON file. What a knob is: `pipeline.settings.knob`.

`python -m pipeline.settings` prints them all as a TOML file to edit and pass with `--settings`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from pipeline.errors import SettingsError
from pipeline.regular_files import read_regular
from pipeline.settings.decoding import DecodeSettings, OutlierSettings, SignSettings
from pipeline.settings.detection import DetectionSettings
from pipeline.settings.images import ImageSettings
from pipeline.settings.ink import (
    BinarizeSettings,
    BrokenStrokeSettings,
    ComponentSettings,
    IlluminationSettings,
    RulingSettings,
)
from pipeline.settings.layout import NumberGroupSettings, OrientationSettings, SkewSettings, TextLineSettings
from pipeline.settings.live import TrackSettings
from pipeline.settings.recognition import NormalizeSettings, SegmentSettings

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover
    import tomli as tomllib


_MOST_BYTES = 1 << 20
"""Of a settings file; all settings with their reasons are 10 KB."""

RENAMED = {
    "turn": "orientation",
    "pieces": "broken_strokes",
    "lines": "text_lines",
    "strays": "outliers",
    "numbers": "number_groups",
    "rulings.read_twice": "rulings.is_kept_tried",
    "signs.reported": "signs.is_enabled",
    "segment.least_piece_frac": "segment.least_part_frac",
}
"""Names of version 0.1, STAGE or STAGE.KNOB, and what each is called now."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All stages' settings; `Settings()` holds the defaults that the shipped figures were measured with."""

    images: ImageSettings = field(default_factory=ImageSettings)
    detection: DetectionSettings = field(default_factory=DetectionSettings)
    illumination: IlluminationSettings = field(default_factory=IlluminationSettings)
    binarize: BinarizeSettings = field(default_factory=BinarizeSettings)
    rulings: RulingSettings = field(default_factory=RulingSettings)
    skew: SkewSettings = field(default_factory=SkewSettings)
    orientation: OrientationSettings = field(default_factory=OrientationSettings)
    components: ComponentSettings = field(default_factory=ComponentSettings)
    broken_strokes: BrokenStrokeSettings = field(default_factory=BrokenStrokeSettings)
    text_lines: TextLineSettings = field(default_factory=TextLineSettings)
    segment: SegmentSettings = field(default_factory=SegmentSettings)
    normalize: NormalizeSettings = field(default_factory=NormalizeSettings)
    outliers: OutlierSettings = field(default_factory=OutlierSettings)
    number_groups: NumberGroupSettings = field(default_factory=NumberGroupSettings)
    decode: DecodeSettings = field(default_factory=DecodeSettings)
    signs: SignSettings = field(default_factory=SignSettings)
    track: TrackSettings = field(default_factory=TrackSettings)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Settings:
        """Return the defaults with `values` ({stage: {knob: value}}) put in.

        Raises
        ------
        SettingsError
            For an unknown stage or knob, a value of the wrong type or out of its range; for a name of an earlier
            version it tells the one of today.
        """
        stages = {f.name: type(getattr(cls(), f.name)) for f in fields(cls)}
        for stage, knobs in values.items():
            if stage in RENAMED:
                raise SettingsError(f"settings: [{stage}] is now called [{RENAMED[stage]}]")
            if stage not in stages or not isinstance(knobs, Mapping):
                raise SettingsError(f"settings: unknown stage [{stage}]; the stages are {', '.join(stages)}")
            names = [f.name for f in fields(stages[stage])]
            for old in (f"{stage}.{name}" for name in knobs if f"{stage}.{name}" in RENAMED):
                raise SettingsError(f"settings: {old} is now called {RENAMED[old]}")
            if unknown := sorted(set(knobs) - set(names)):
                raise SettingsError(f"settings: [{stage}] has no {unknown[0]!r}; it has {', '.join(names)}")
        return cls(**{stage: stages[stage](**knobs) for stage, knobs in values.items()})

    @classmethod
    def from_file(cls, path: str | Path) -> Settings:
        """Return the settings in a TOML or JSON file; what it does not name keeps its default.

        Raises
        ------
        SettingsError
            If the file is missing, is neither TOML nor JSON, or holds a wrong value.
        """
        try:
            text = read_regular(path, _MOST_BYTES).decode("utf-8")
            values = json.loads(text) if str(path).lower().endswith(".json") else tomllib.loads(text)
        except OSError as error:
            raise SettingsError(f"settings file {path}: it cannot be read ({error.strerror or error})") from error
        except RecursionError as error:
            raise SettingsError(f"settings file {path}: it is nested too deeply") from error
        except ValueError as error:
            raise SettingsError(f"settings file {path}: {error}") from error
        if not isinstance(values, dict):
            raise SettingsError(f"settings file {path}: expected a table of stages, received {type(values).__name__}")
        return cls.from_dict(values)

    def to_dict(self) -> dict[str, dict[str, float]]:
        """Return {stage: {knob: value}}, the inverse of `from_dict`."""
        return asdict(self)

    def to_toml(self) -> str:
        """Return the settings as TOML, each knob with its unit, range and reason in a comment."""
        parts = []
        for stage in fields(self):
            parts.append(f"[{stage.name}]")
            for own in fields(getattr(self, stage.name)):
                value, about = getattr(getattr(self, stage.name), own.name), own.metadata
                limits = "" if isinstance(value, bool) else f", {about['low']}..{about['high']}"
                parts.append(f"{own.name} = {json.dumps(value)}  # {about['unit']}{limits}: {about['reason']}")
            parts.append("")
        return "\n".join(parts)
