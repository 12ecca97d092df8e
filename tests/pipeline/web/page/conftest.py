"""Streamlit takes Python 3.11 or later: without it the page is not tested, as it cannot be served."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore_glob = ["*"] if find_spec("streamlit") is None else []
