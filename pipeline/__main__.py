"""`python -m pipeline`: the same program as `read-digits` and `python run_pipeline.py`."""

import sys

from pipeline.cli import main

if __name__ == "__main__":
    sys.exit(main())
