"""`python -m pipeline.settings` prints every setting."""

from __future__ import annotations

import argparse
import sys

from pipeline.settings.tree import Settings
from pipeline.system.terminal import abandon

argparse.ArgumentParser(
    prog="python -m pipeline.settings",
    description="Print every setting with its default, unit, range and reason, as a TOML file for --settings.",
).parse_args()
try:
    print(Settings().to_toml(), flush=True)
except BrokenPipeError:  # of a reader that has seen enough, such as head
    abandon(sys.stdout)
