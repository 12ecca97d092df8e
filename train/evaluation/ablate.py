"""What each stage of the front end is worth: the score of a folder with one stage at a time disabled by its settings.

`python -m train ablate samples`; the folder holds pictures and a truth.json, as for `python -m train score`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
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


def main(argv: Sequence[str] | None = None) -> None:
    """Print a table, a row for each stage disabled."""
    parser = argparse.ArgumentParser(prog="python -m train ablate", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="a folder of pictures with a truth.json")
    parser.add_argument("--model", default="digits", help="as in run_pipeline.py (default: %(default)s)")
    parser.add_argument("--tag", help="only pages with this tag")
    args = parser.parse_args(argv)
    classifier = load_classifier(args.model)
    table = Table("disabled", *PageScore().figures, box=None)
    for name, values in DISABLED.items():
        rows = read_folder(args.folder, classifier, Settings.from_dict(values))
        total = sum((s for truth, s in rows if args.tag is None or args.tag in truth.get("tags", [])), PageScore())
        table.add_row(name, *(f"{figure:.1f}" for figure in total.figures.values()))
    print(f"{args.folder}, model {classifier.name}:")
    Console(width=100).print(table)
