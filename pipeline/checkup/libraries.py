"""Python, the libraries that reading needs, and the optional parts: installed or not, and in which versions."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from pipeline.checkup.findings import Finding
from pipeline.errors import SetupError
from pipeline.system.libraries import explain_import_error
from pipeline.system.memory import find_free_memory
from pipeline.version import __version__

NEEDED = {
    "opencv-python": "cv2",
    "numpy": "numpy",
    "ai-edge-litert": "ai_edge_litert.interpreter",
    "pypdfium2": "pypdfium2",
    "pillow": "PIL.Image",
    "pillow-heif": "pillow_heif",
    "portalocker": "portalocker",
    "rich": "rich",
    "watchdog": "watchdog",
    "wcmatch": "wcmatch",
}
"""What reading needs, as it is installed, and what of it is imported."""

PARTS = {
    "train": {
        "tensorflow": "tensorflow",
        "keras": "keras",
        "matplotlib": "matplotlib",
        "optuna": "optuna",
        "scikit-image": "skimage",
    },
    "web": {
        "fastapi": "fastapi",
        "uvicorn": "uvicorn",
        "starlette": "starlette",
        "pydantic": "pydantic",
        "python-multipart": "python_multipart",
        "prometheus-client": "prometheus_client",
        "openpyxl": "openpyxl",
        "streamlit": "streamlit",
    },
    "xlsx": {"openpyxl": "openpyxl"},
    "parquet": {"pyarrow": "pyarrow"},
    "remote": {"fsspec": "fsspec", "s3fs": "s3fs"},
    "cluster": {"ray": "ray"},
    "completion": {"shtab": "shtab"},
}
"""The optional parts, likewise. None of it is imported: TensorFlow alone takes seconds."""

_PURPOSES = {
    "train": "training, and models in .keras or .h5",
    "web": "--api and --serve",
    "xlsx": "workbooks, --output FILE.xlsx",
    "parquet": "tables, --output FILE.parquet",
    "remote": "s3:// and other buckets as inputs",
    "cluster": "--engine ray",
    "completion": "--print-completion",
}


def check_python() -> Finding:
    """Return the versions of the program and of Python, and what the machine has."""
    free = find_free_memory()
    memory = f", {free / 1e9:.1f} GB of memory free" if free is not None else ""
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores{memory}"
    return Finding("ok", f"handwritten-digits {__version__}, Python {platform.python_version()}; {machine}")


def check_libraries(needed: Mapping[str, str] = NEEDED) -> list[Finding]:
    """Return one finding with all versions if each library can be imported, else one for each that cannot.

    Parameters
    ----------
    needed : what is imported, by the name of its distribution
    """
    wrong = [finding for name, module in needed.items() if (finding := _try_import(name, module))]
    return wrong or [Finding("ok", f"libraries: {_list_versions(list(needed))}")]


def _try_import(name: str, module: str) -> Finding | None:
    """Return what is wrong with a library; None if it can be imported."""
    try:
        import_module(module)
    except ImportError as error:
        explained = explain_import_error(error) or SetupError(f"it cannot be imported ({error})", _reinstall(name))
        return Finding.of(explained, name)
    except Exception as error:  # a native library of another version may raise anything
        message = f"it cannot be imported ({type(error).__name__}: {error})"
        return Finding.of(SetupError(message, _reinstall(name)), name)
    return None


def _reinstall(name: str) -> str:
    return f"{sys.executable} -m pip install --force-reinstall {name}"


def check_parts(parts: Mapping[str, Mapping[str, str]] = PARTS) -> list[Finding]:
    """Return a finding for each optional part: its versions, or how to install it."""
    findings = []
    for part, libraries in parts.items():
        lacking = [name for name, module in libraries.items() if not _is_installed(module)]
        if lacking:
            text = f"{part}, for {_PURPOSES[part]}: without {', '.join(lacking)}; pip install '.[{part}]'"
            findings.append(Finding("missing", text))
        else:
            findings.append(Finding("ok", f"{part}: {_list_versions(list(libraries))}"))
    return findings


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _list_versions(names: Sequence[str]) -> str:
    return ", ".join(f"{name} {_find_version(name)}" for name in names)


def _find_version(name: str) -> str:
    """Return the version of a distribution; OpenCV has several, which install the same module."""
    spellings = (name, "opencv-python-headless", "opencv-contrib-python") if name == "opencv-python" else (name,)
    for spelling in spellings:
        try:
            return version(spelling)
        except PackageNotFoundError:
            continue
    return "of another build"
