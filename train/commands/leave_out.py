"""`python -m train leave-out`: choose the settings anew without one source at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from train.scripts import Parser, at_least


def main(argv: Sequence[str] | None = None) -> None:
    """Print a row for each source left out, and the difference to the shipped settings."""
    parser = Parser("leave-out", "Choose every setting anew without one source of pages, then read that source.")
    add = parser.add_argument
    add("folder", type=Path, help="a folder of pictures with a truth.json")
    add("--model", default="digits", metavar="NAME", help="as in run_pipeline.py (%(default)s)")
    add("--tag", metavar="TAG", help="only pages with this tag")
    add("--stages", nargs="+", metavar="STAGE", help="choose only these stages' settings (all)")
    work = Path("train/runs/leave_out.jsonl")
    add("--work", type=Path, default=work, metavar="FILE", help="results so far, to continue from (%(default)s)")
    add("--workers", type=at_least(1), default=2, metavar="N", help="processes (%(default)s)")
    add("--json", action="store_true", help="one JSON object instead of the table")
    args = parser.parse_args(argv)
    from train.tuning.leave_one_source_out import print_results, run_all

    print_results(args, run_all(args))
