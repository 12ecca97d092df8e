"""The options of a check-up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """The options of a check-up.

    Attributes
    ----------
    model : a name under ``models/``, a folder or a file
    """

    model: str = "digits"
