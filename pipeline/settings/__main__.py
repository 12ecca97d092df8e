"""`python -m pipeline.settings` prints every setting."""

from __future__ import annotations

import argparse
import os
import sys

from pipeline.settings.tree import Settings

argparse.ArgumentParser(
    prog="python -m pipeline.settings",
    description="Print every setting with its default, unit, range and reason, as a TOML file for --settings.",
).parse_args()
try:
    print(Settings().to_toml(), flush=True)
except BrokenPipeError:  # of a reader that has seen enough, such as head
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the flush at exit does not fail
