"""Ablation: the score of a folder with one stage of the front end at a time disabled by its settings.

`python -m train ablate samples`; the folder holds pictures and a truth.json, as for `python -m train score`.
"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from pipeline.recognition.classify import load_classifier
from pipeline.settings.tree import Settings
from train.evaluation.page_score import PageScore
from train.evaluation.score_pages import read_folder

DISABLED: dict[str, dict[str, dict[str, float]]] = {
    "nothing": {},
    "grain of the paper": {"binarize": {"grain_sigmas": 0}},
    "darkness of ink nearby": {"binarize": {"peak_frac": 0.1}},
    "dark plates": {"plates": {"least_side_px": 1000}},
    "the line network": {"decode": {"line_weight": 0.0, "digit_weight": 1.0, "skip_price": 1.0}},
    "rulings": {"rulings": {"least_slenderness": 200.0, "least_length_frac": 1.0}},
    "deskew": {"skew": {"least_deg": 45.0}},
    "rims, frames, blots, dashes": {
        "components": {"rim_frac": 1.0, "frame_fill_frac": 0.0, "blot_frac": 2.0, "dash_slenderness": 100.0}
    },
    "cuts": {"segment": {"most_cuts": 0}},
    "slant of the cuts": {"segment": {"most_slant": 0.0}},
    "broken digits joined": {"pieces": {"tallest_frac": 0.1}, "segment": {"join_gap_frac": 0.0}},
    "stroke width": {"normalize": {"thinnest_stroke_px": 0.0, "widest_stroke_px": 20.0}},
    "strays": {
        "strays": {
            "least_height_frac": 0.0,
            "least_lone_frac": 0.0,
            "most_height_ratio": 100.0,
            "least_contrast_frac": 0.0,
            "most_stroke_ratio": 100.0,
            "least_evenness": 0.0,
            "shortest_one_frac": 0.0,
            "shortest_lone_one_frac": 0.0,
            "tallest_one_ratio": 100.0,
        }
    },
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
        rows = read_folder(folder, classifier, Settings.from_dict(values))
        total = sum((score for truth, score in rows if tag is None or tag in truth.get("tags", [])), PageScore())
        table.add_row(name, *(f"{figure:.1f}" for figure in total.figures.values()))
    print(f"{folder}, model {classifier.name}:")
    Console(width=100).print(table)
