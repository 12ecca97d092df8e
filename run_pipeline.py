"""Read handwritten numbers in photos: `python run_pipeline.py --help`."""

import sys

if __name__ == "__main__":
    if sys.version_info < (3, 10):  # noqa: UP036 - an older Python cannot compile the modules that would say so
        sys.stderr.write("error: this needs Python 3.10 or later; make an environment: python3.12 -m venv .venv\n")
        sys.exit(70)

    from pipeline.cli import main

    sys.exit(main())
