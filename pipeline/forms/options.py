"""The options of making a template; without NumPy or OpenCV, as the command line needs them first."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError


@dataclass(frozen=True, slots=True)
class TemplateOptions:
    """What to make a template of.

    Attributes
    ----------
    inputs : pictures of the blank form, a page each, or a PDF
    output : the template's file; None for the first picture's name, ending in .toml
    is_forced : overwrite files that exist

    Raises
    ------
    UsageError
        If there is no picture.
    """

    inputs: tuple[str, ...]
    output: Path | None = None
    is_forced: bool = False

    def __post_init__(self) -> None:
        if not self.inputs:
            raise UsageError("--make-template: no blank form is given", "name a picture or PDF of it")
        if self.output and self.output.suffix.lower() != ".toml":
            raise UsageError(f"--output {self.output}: a template is a TOML file", "name one that ends in .toml")

    @property
    def path(self) -> Path:
        """Where the template goes."""
        return self.output or Path(self.inputs[0]).with_suffix(".toml")
