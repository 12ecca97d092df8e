"""All stages' knobs together: from and to a TOML or JSON file. The knobs themselves are in `pipeline.settings.knob`.

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
from pipeline.settings.decoding import DecodeSettings, SignSettings, StraySettings
from pipeline.settings.images import ImageSettings
from pipeline.settings.ink import (
    BinarizeSettings,
    ComponentSettings,
    IlluminationSettings,
    PieceSettings,
    PlateSettings,
    RulingSettings,
)
from pipeline.settings.layout import LineSettings, NumberSettings, SkewSettings, TurnSettings
from pipeline.settings.live import TrackSettings
from pipeline.settings.recognition import NormalizeSettings, SegmentSettings

if sys.version_info >= (3, 11):
    import tomllib
else:  # pragma: no cover
    import tomli as tomllib


@dataclass(frozen=True, slots=True)
class Settings:
    """All stages' settings; `Settings()` holds the defaults that the shipped figures were measured with."""

    images: ImageSettings = field(default_factory=ImageSettings)
    illumination: IlluminationSettings = field(default_factory=IlluminationSettings)
    binarize: BinarizeSettings = field(default_factory=BinarizeSettings)
    plates: PlateSettings = field(default_factory=PlateSettings)
    rulings: RulingSettings = field(default_factory=RulingSettings)
    skew: SkewSettings = field(default_factory=SkewSettings)
    turn: TurnSettings = field(default_factory=TurnSettings)
    components: ComponentSettings = field(default_factory=ComponentSettings)
    pieces: PieceSettings = field(default_factory=PieceSettings)
    lines: LineSettings = field(default_factory=LineSettings)
    segment: SegmentSettings = field(default_factory=SegmentSettings)
    normalize: NormalizeSettings = field(default_factory=NormalizeSettings)
    strays: StraySettings = field(default_factory=StraySettings)
    numbers: NumberSettings = field(default_factory=NumberSettings)
    decode: DecodeSettings = field(default_factory=DecodeSettings)
    signs: SignSettings = field(default_factory=SignSettings)
    track: TrackSettings = field(default_factory=TrackSettings)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Settings:
        """Return the defaults with `values` ({stage: {knob: value}}) put in.

        Raises
        ------
        SettingsError
            For an unknown stage or knob, a value of the wrong type or out of its range.
        """
        stages = {f.name: type(getattr(cls(), f.name)) for f in fields(cls)}
        for stage, knobs in values.items():
            if stage not in stages or not isinstance(knobs, Mapping):
                raise SettingsError(f"settings: unknown stage [{stage}]; the stages are {', '.join(stages)}")
            names = [f.name for f in fields(stages[stage])]
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
            text = Path(path).read_text(encoding="utf-8")
            values = json.loads(text) if str(path).lower().endswith(".json") else tomllib.loads(text)
        except (OSError, ValueError) as error:
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
            for knob in fields(getattr(self, stage.name)):
                told = knob.metadata
                value = getattr(getattr(self, stage.name), knob.name)
                parts.append(
                    f"{knob.name} = {value}  # {told['unit']}, {told['low']}..{told['high']}: {told['reason']}"
                )
            parts.append("")
        return "\n".join(parts)


if __name__ == "__main__":
    print(Settings().to_toml())
