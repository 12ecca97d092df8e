"""The card of a model folder: its classes, its temperature, what its network takes and what reads beside it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ModelError
from pipeline.recognition.input_convention import InputConvention
from pipeline.regular_files import read_regular

MODEL_FILES = ("model.tflite", "model.keras")
"""What a model's folder is searched for, the faster one first."""

_MOST_CARD_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What card.json beside a model states.

    Attributes
    ----------
    temperature : divides the logits
    classes : names of the outputs
    line_model : folder of the line network that reads beside it, seen from the model's folder or the one around it
    page_model : folder of the page network that tells it where to read, likewise
    input : what the network takes, None where the card does not say
    """

    temperature: float = 1.0
    classes: tuple[str, ...] = ()
    line_model: str | None = None
    page_model: str | None = None
    input: InputConvention | None = None


def load_json(card: Path) -> Any:
    """Return what a card holds, at most 1 MB; raises OSError, ValueError, or RecursionError if nested too deeply."""
    return json.loads(read_regular(card, _MOST_CARD_BYTES))


def read_card(path: Path) -> ModelCard:
    """Return what card.json beside a model.* states; the defaults where there is none or it is silent."""
    card = path.with_name("card.json")
    if path.name not in MODEL_FILES or not card.exists():
        return ModelCard()
    try:
        stated = load_json(card)
        temperature, classes = stated.get("temperature", 1.0), tuple(map(str, stated.get("classes", ())))
        others = {name: stated.get(name) for name in ("line_model", "page_model")}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise ModelError(f"{card}: the model's card cannot be read ({error})") from error
    is_number = isinstance(temperature, int | float) and not isinstance(temperature, bool)
    if not (is_number and math.isfinite(temperature) and temperature > 0):
        raise ModelError(f"{card}: expected a temperature above 0, received {temperature!r}")
    for name, other in others.items():
        if other is not None and not isinstance(other, str):
            raise ModelError(f"{card}: expected a folder's name as {name}, received {other!r}")
    return ModelCard(float(temperature), classes, **others, input=_read_input(card, stated.get("input")))


def _read_input(card: Path, stated: Any) -> InputConvention | None:
    """Return what a card's `input` says of the values that the network takes."""
    if not isinstance(stated, dict) or "range" not in stated:
        return None
    match stated["range"], stated.get("is_transposed", False):
        case [int() | float() as paper, int() | float() as ink], bool() as is_transposed if paper != ink:
            return InputConvention(float(paper), float(ink), is_transposed)
    expected = '"range": [paper, ink], two numbers, and "is_transposed": true or false'
    raise ModelError(f"{card}: expected {expected} in its input, received {json.dumps(stated)}")
