"""`python -m train COMMAND`: the table of commands, each imported only when it is called."""

from __future__ import annotations

import difflib
import sys
from importlib import import_module
from typing import NamedTuple

from train.scripts import run_script


class Command(NamedTuple):
    """Where a command's `main(argv)` is, and what it does in a line."""

    module: str
    summary: str


COMMANDS = {
    "fit": Command("train.fitting.fit", "train a digit network: the product's, a tutorial's, your own"),
    "fit-lines": Command("train.fitting.fit_lines", "train the line network"),
    "harvest": Command("train.harvesting.harvest", "make crops and line images of synthesized pages"),
    "calibrate": Command("train.fitting.calibrate", "fit the temperature of a model anew"),
    "search": Command("train.fitting.search", "tune the plain network: grid, random or TPE"),
    "export": Command("train.networks.export", "write the .tflite of a model folder anew"),
    "average": Command("train.networks.average_weights", "average the weights of two networks"),
    "evaluate": Command("train.evaluation.evaluate", "accuracy, confusion matrix, plots; compare models"),
    "score": Command("train.evaluation.score_pages", "score what the pipeline reads in a folder with truth.json"),
    "ablate": Command("train.evaluation.ablate", "score a folder with one stage disabled at a time"),
    "leave-out": Command("train.tuning.leave_one_source_out", "choose the settings anew without one source at a time"),
    "synthesize": Command("train.synthesis.pages.synthesize", "make photographed pages with known truth"),
    "negatives": Command(
        "train.evaluation.false_positives", "make pages without a number, and count what is read there"
    ),
    "videos": Command("train.synthesis.videos.write_videos", "make videos with known truth"),
    "samples": Command("train.synthesis.samples.draw_samples", "draw the pictures of samples/"),
    "figures": Command("train.figures.readme_figures", "draw the pictures in README and docs"),
    "figures-live": Command("train.figures.live_figure", "draw the picture of the live window"),
}


def list_commands() -> str:
    """Return the table of commands as text."""
    rows = "\n".join(f"  {name:13}{command.summary}" for name, command in COMMANDS.items())
    return f"usage: python -m train COMMAND [FLAG...]\n\n{rows}\n\npython -m train COMMAND --help tells its flags."


def main(argv: list[str] | None = None) -> int:
    """Run a command; return its exit code: 2 for one that does not exist."""
    name, *rest = (sys.argv[1:] if argv is None else argv) or ["--help"]
    if name in ("-h", "--help"):
        print(list_commands())
        return 0
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, 1)
        hint = f"did you mean {near[0]}?" if near else "python -m train --help lists them"
        print(f"error: {name}: no such command; {hint}", file=sys.stderr)
        return 2
    return run_script(lambda: import_module(COMMANDS[name].module).main(rest))


if __name__ == "__main__":
    sys.exit(main())
