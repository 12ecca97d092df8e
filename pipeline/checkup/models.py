"""The networks of a model: their files, what their cards state of these, and whether they run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.checkup.findings import Finding
from pipeline.errors import ModelError
from pipeline.recognition.classify import Classifier, list_model_files, load_classifier
from pipeline.recognition.model_card import load_json, read_card

_LITERT = ".tflite"
_N_SHOWN = 12
"""Hex digits of a checksum that are shown."""


def check_models(name: str, models_dir: Path | None = None) -> tuple[list[Finding], Classifier | None]:
    """Return a finding for each network of a model, and the model if it can be loaded without TensorFlow.

    Parameters
    ----------
    name : of the model, as for `load_classifier`
    models_dir : the folder of named models; the project's own by default
    """
    try:
        networks = [path for path in list_model_files(name, models_dir) if path.name != "card.json"]
        if any(path.suffix.lower() != _LITERT for path in networks):
            text = f"model {name}: is not tried out, as that takes TensorFlow; read a picture with --model {name}"
            return [Finding("missing", text)], None
        for path in networks:
            read_card(path)
        findings = [check_file(path) for path in networks]
        if any(finding.exit_code for finding in findings):
            return findings, None
        return findings, load_classifier(name, models_dir)
    except ModelError as error:
        return [Finding.of(error, f"model {name}")], None


def check_file(path: Path) -> Finding:
    """Return what there is of a network's file: its size and checksum, which are to be those on its card."""
    name = f"model {path.parent.name}"
    try:
        raw = path.read_bytes()
    except OSError as error:
        return Finding.of(ModelError(f"{path} cannot be read ({error.strerror})", _REMEDY), name)
    checksum = hashlib.sha256(raw).hexdigest()
    size, sha256 = _read_stated(path)
    if size not in (None, len(raw)):
        return Finding.of(ModelError(f"{path} has {len(raw):,} bytes, and its card states {size:,}", _REMEDY), name)
    if sha256 not in (None, checksum):
        return Finding.of(ModelError(f"{path} has another checksum than its card states", _REMEDY), name)
    told = ", as its card states" if sha256 else ""
    return Finding("ok", f"{name}: {len(raw) / 1000:.0f} kB, SHA-256 {checksum[:_N_SHOWN]}...{told}")


_REMEDY = "git checkout models, or install the program again"


def _read_stated(path: Path) -> tuple[int | None, str | None]:
    """Return the bytes and the checksum that the card beside a network states; None for what it does not."""
    try:
        card: Any = load_json(path.with_name("card.json"))
    except (OSError, ValueError, RecursionError):
        card = None
    card = card if isinstance(card, Mapping) else {}
    sizes, sha256 = card.get("bytes"), card.get("litert_sha256")
    size = sizes.get(path.name) if isinstance(sizes, Mapping) else None
    return size if isinstance(size, int) else None, sha256 if isinstance(sha256, str) else None
