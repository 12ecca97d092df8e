"""`python -m train negatives`: make pages without a number, and count what is read there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.settings.tree import Settings
from train.scripts import Parser, at_least


def main(argv: Sequence[str] | None = None) -> None:
    """Write pages, or measure those of a folder, or both, as the command line says."""
    parser = Parser("negatives", "Make pages without a number, and count what is read there.")
    add = parser.add_argument
    add("--out", type=Path, required=True, metavar="DIR", help="folder for pictures and truth.json")
    add("--pages", type=at_least(1), metavar="N", help="draw so many (without --model: 100)")
    add("--seed", type=at_least(0), default=0, metavar="N", help="of all chance (%(default)s)")
    add("--model", metavar="NAME", help="read the folder with this model and count its readings")
    add("--settings", type=Path, metavar="FILE", help="a settings file, TOML or JSON")
    args = parser.parse_args(argv)
    settings = Settings.from_file(args.settings) if args.settings else Settings()
    from train.evaluation.false_positives import measure, print_table, write_pages
    from train.synthesis.negatives.pages import find_prose_fonts

    classifier = None
    if args.model is not None:
        from pipeline.recognition.classify import load_classifier

        classifier = load_classifier(args.model)
    if args.pages is not None or classifier is None:
        write_pages(args.out, args.pages or 100, args.seed, find_prose_fonts())
    if classifier is not None:
        print_table(measure(args.out, classifier, settings))
