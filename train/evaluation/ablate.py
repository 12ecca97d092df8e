"""Ablation: the score of a folder with one stage of the front end at a time disabled by its settings.

`python -m train ablate samples`; the folder holds pictures and a truth.json, as for `python -m train score`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.recognition.classify import load_classifier
from pipeline.settings.tree import Settings
from train.evaluation.page_score import PageScore
from train.evaluation.score_pages import read_folder

LINE_NETWORK = "the line network"

DISABLED: dict[str, dict[str, dict[str, float]]] = {
    "nothing": {},
    "grain of the paper": {"binarize": {"grain_sigmas": 0}},
    "darkness of ink nearby": {"binarize": {"peak_frac": 0.1}},
    LINE_NETWORK: {},
    "the page network": {"detection": {"is_enabled": False}},
    "rulings": {"rulings": {"is_enabled": False}},
    "leveling": {"skew": {"is_enabled": False}},
    "turns by quarters": {"orientation": {"is_enabled": False}},
    "components dropped by shape": {"components": {"is_enabled": False}},
    "cuts": {"segment": {"most_cuts": 0}},
    "broken strokes": {"broken_strokes": {"is_enabled": False}},
    "stroke width": {"normalize": {"thinnest_stroke_px": 0.0, "widest_stroke_px": 20.0}},
    "outliers": {"outliers": {"is_enabled": False}},
}
"""What is disabled, and the settings that disable it."""


def ablate(folder: Path, model: str, tag: str | None) -> None:
    """Print a table with a row for each stage disabled, of all pages of `folder` or of those with a tag.

    Raises
    ------
    ModelError : as for `load_classifier`
    InputError : as for `read_folder`
    """
    classifier = load_classifier(model)
    table = Table("disabled", *PageScore().figures, box=None)
    for name, values in DISABLED.items():
        chosen = replace(classifier, line_network=None) if name == LINE_NETWORK else classifier
        rows = read_folder(folder, chosen, Settings.from_dict(values))
        total = sum((score for truth, score in rows if tag is None or tag in truth.get("tags", [])), PageScore())
        table.add_row(name, *(f"{figure:.1f}" for figure in total.figures.values()))
    print(f"{folder}, model {classifier.name}:")
    Console(width=100).print(table)
