"""`python -m train score`: score what the pipeline reads in folders of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.settings.tree import Settings
from train.scripts import Parser


def main(argv: Sequence[str] | None = None) -> None:
    """Score folders as the command line says."""
    parser = Parser("score", "Score what the pipeline reads in folders of pictures against their truth.json.")
    parser.add_argument("folder", type=Path, nargs="+", help="a folder of pictures with a truth.json")
    parser.add_argument("--model", default="digits", metavar="NAME", help="as in run_pipeline.py (%(default)s)")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="a settings file, TOML or JSON")
    parser.add_argument("--tags", action="store_true", help="a row for each tag")
    args = parser.parse_args(argv)
    settings = Settings.from_file(args.settings) if args.settings else Settings()
    from train.evaluation.score_pages import score_folders

    score_folders(args.folder, args.model, settings, args.tags)
