"""What each stage of the front end is worth: the score of a folder with one stage at a time disabled by its settings.

`python -m train ablate samples`; the folder holds pictures and a truth.json, as for `python -m train score`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
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
    "bright writing on dark": {"light_on_dark": {"is_enabled": False}},
    LINE_NETWORK: {},
    "rulings": {"rulings": {"is_enabled": False}},
    "shadows": {"shadows": {"is_enabled": False}},
    "leveling": {"skew": {"is_enabled": False}},
    "turns by quarters": {"orientation": {"is_enabled": False}},
    "components dropped by shape": {"components": {"is_enabled": False}},
    "cuts": {"segment": {"most_cuts": 0}},
    "broken strokes": {"broken_strokes": {"is_enabled": False}},
    "stroke width": {"normalize": {"thinnest_stroke_px": 0.0, "widest_stroke_px": 20.0}},
    "outliers": {"outliers": {"is_enabled": False}},
}
"""What is disabled, and the settings that disable it."""


def main(argv: Sequence[str] | None = None) -> None:
    """Print a table, a row for each stage disabled."""
    ask = argparse.ArgumentParser(prog="python -m train ablate", description=__doc__.splitlines()[0])
    ask.add_argument("folder", type=Path, help="a folder of pictures with a truth.json")
    ask.add_argument("--model", default="digits", help="as in run_pipeline.py (default: %(default)s)")
    ask.add_argument("--tag", help="only pages with this tag")
    args = ask.parse_args(argv)
    classifier = load_classifier(args.model)
    table = Table("disabled", *PageScore().figures, box=None)
    for name, values in DISABLED.items():
        chosen = replace(classifier, line_network=None) if name == LINE_NETWORK else classifier
        rows = read_folder(args.folder, chosen, Settings.from_dict(values))
        total = sum((s for truth, s in rows if args.tag is None or args.tag in truth.get("tags", [])), PageScore())
        table.add_row(name, *(f"{figure:.1f}" for figure in total.figures.values()))
    print(f"{args.folder}, model {classifier.name}:")
    Console(width=100).print(table)
