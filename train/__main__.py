"""`python -m train COMMAND`: the table of commands.

The module of a command, in `train/commands/`, parses and checks its arguments with light imports alone; its `main` then
imports the module that does the work, and with it TensorFlow, Keras, Optuna or Matplotlib where that needs them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from pipeline.errors import UsageError
from train.scripts import run_script, suggest_name

COMMANDS = {
    "fit": "train a digit network: the product's, a tutorial's, your own",
    "adapt": "adapt a model to the corrections of a review",
    "fit-lines": "train the line network",
    "fit-detector": "train the page network",
    "harvest": "make crops and line images of synthesized pages",
    "calibrate": "fit the temperature of a model anew",
    "search": "tune the plain network: grid, random or TPE",
    "export": "write the .tflite of a model folder anew",
    "average": "average the weights of two networks",
    "evaluate": "accuracy, confusion matrix, plots; compare models",
    "score": "score what the pipeline reads in a folder with truth.json",
    "score-constraints": "score what is read when something is known about the numbers",
    "score-tables": "score how synthesized photos of tables are read",
    "score-forms": "fill forms of ten kinds, read them, and count what is right",
    "score-adapt": "show what adapting gives for a new writer",
    "ablate": "score a folder with one stage disabled at a time",
    "leave-out": "choose the settings anew without one source at a time",
    "synthesize": "make photographed pages with known truth",
    "synthesize-documents": "make photographed papers with the truth of every mark",
    "negatives": "make pages without a number, and count what is read there",
    "videos": "make videos with known truth",
    "samples": "draw the pictures of samples/",
    "figures": "draw the pictures in README and docs",
}
"""What each command does; `train/commands/` holds a module for each, with `main(argv) -> int | None`."""


def list_commands() -> str:
    """Return the table of commands as text."""
    width = max(map(len, COMMANDS)) + 1
    rows = "\n".join(f"  {name:{width}}{summary}" for name, summary in COMMANDS.items())
    return f"usage: python -m train COMMAND [FLAG...]\n\n{rows}\n\npython -m train COMMAND --help lists its flags."


def run_command(name: str, argv: Sequence[str]) -> int | None:
    """Run a command; return its exit code, None for 0.

    Raises
    ------
    UsageError : there is no such command
    """
    if name not in COMMANDS:
        raise UsageError(f"{name}: no such command", suggest_name(name, COMMANDS))
    code: int | None = import_module(f"train.commands.{name.replace('-', '_')}").main(argv)
    return code


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name; return its exit code."""
    name, *rest = (sys.argv[1:] if argv is None else argv) or ["--help"]
    if name in ("-h", "--help"):
        print(list_commands())
        return 0
    return run_script(lambda: run_command(name, rest))


if __name__ == "__main__":
    sys.exit(main())
