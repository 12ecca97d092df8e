"""The walkthrough runs as a learner runs it, and what is committed of it is fit to be shown.

`python -m tests.house.test_walkthrough` runs it on MNIST and writes its outputs anew; MNIST comes from DIGITS_DATA, or
Keras.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
import numpy as np
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode

from train.datasets.mnist import DATA_DIR_VARIABLE, DigitSet
from train.synthesis.handwriting.drawn_digits import draw_digit_set

TOP = Path(__file__).resolve().parents[2]
NOTEBOOK = TOP / "docs" / "walkthrough.ipynb"
MOST_BYTES = 1_500_000
LONGEST_S = 300
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""Of the notebook, whatever machine ran it."""


def read_notebook() -> NotebookNode:
    return nbformat.read(NOTEBOOK, as_version=4)


def execute(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run the cells in a kernel of this interpreter that starts in `folder`; a cell that fails raises."""
    specs = KernelSpecManager(kernel_dirs=[])  # none but this interpreter's own kernel
    kernel = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=specs)
    there = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, kernel, timeout=LONGEST_S, record_timing=False, resources=there)
    client.owns_km = True  # so that the kernel ends with it
    return client.execute()


def list_outputs(notebook: NotebookNode) -> Iterator[NotebookNode]:
    for cell in notebook.cells:
        yield from cell.get("outputs", [])


def join_texts(notebook: NotebookNode) -> str:
    """Return all that the outputs say in words."""
    return "\n".join(
        output.get("text", "") + output.get("data", {}).get("text/plain", "") for output in list_outputs(notebook)
    )


def count_pictures(notebook: NotebookNode) -> int:
    return sum("image/png" in output.get("data", {}) for output in list_outputs(notebook))


def write_idx(folder: Path, part: str, digits: DigitSet) -> None:
    """Write digits as MNIST's files are."""
    for kind, magic, pixels in (("images-idx3", 0x803, digits.images), ("labels-idx1", 0x801, digits.labels)):
        head = b"".join(int(n).to_bytes(4, "big") for n in (magic, *pixels.shape))
        (folder / f"{part}-{kind}-ubyte").write_bytes(head + pixels.tobytes())


def tell_numbers(name: str) -> str:
    """Return the line of the outputs that has a sample read without a mistake."""
    truths = json.loads((TOP / "samples" / "truth.json").read_text("utf-8"))
    return " ".join(next(truth["numbers"] for truth in truths if truth["file"] == name))


@pytest.mark.slow
def test_walkthrough_runs_on_small_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part, n_writers, seed in (("train", 90, 1), ("t10k", 20, 2)):
        write_idx(tmp_path, part, draw_digit_set(np.random.default_rng(seed), n_writers, 30, 30))
    for name, value in {"DATASET": f"idx:{tmp_path}", "LIMIT": "800", "EPOCHS": "3"}.items():
        monkeypatch.setenv(f"DIGITS_WALKTHROUGH_{name}", value)
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    for name in (DATA_DIR_VARIABLE, "MPLBACKEND"):  # `import streamlit`, in another test, sets the latter
        monkeypatch.delenv(name, raising=False)
    done = execute(read_notebook(), NOTEBOOK.parent)
    told = join_texts(done)
    accuracy = re.search(r"([\d.]+)% of 260 test digits right", told)
    assert accuracy and float(accuracy[1]) > 50
    for name in ("ruled.jpg", "shadow.jpg", "squared.jpg"):
        assert re.search(rf"^{name} +{tell_numbers(name)}$", told, re.MULTILINE)
    assert count_pictures(done) == count_pictures(read_notebook())


def test_walkthrough_is_a_notebook_whose_cells_compile() -> None:
    notebook = read_notebook()
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            compile(cell.source, cell.id, "exec")


def test_walkthrough_is_committed_as_it_ran() -> None:
    cells = [cell for cell in read_notebook().cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == [*range(1, len(cells) + 1)]
    assert re.search(r"% of 10,000 test digits right", join_texts(read_notebook()))


def test_walkthrough_tells_nothing_of_a_machine() -> None:
    notebook = read_notebook()
    assert notebook.metadata == METADATA
    assert not [cell.id for cell in notebook.cells if set(cell.metadata) - {"tags"}]
    assert not [output for output in list_outputs(notebook) if output.get("name") == "stderr"]
    assert not [output for output in list_outputs(notebook) if output.output_type == "error"]
    path = re.compile(r"(?<![\w.:/~])/(?:[a-z]+/[\w.]|(?:work|tmp|root|home)\b)|[A-Z]:\\")
    assert not path.findall("\n".join(cell.source for cell in notebook.cells) + join_texts(notebook))
    assert not re.search(r"tensorflow/|cuda|XNNPACK|WARNING", join_texts(notebook), re.IGNORECASE)
    assert NOTEBOOK.stat().st_size < MOST_BYTES


def write_outputs() -> None:
    """Run the walkthrough as it is and write its outputs, and nothing of this machine, into it."""
    if os.environ.get(DATA_DIR_VARIABLE):  # the kernel starts elsewhere
        os.environ[DATA_DIR_VARIABLE] = str(Path(os.environ[DATA_DIR_VARIABLE]).resolve())
    done = execute(read_notebook(), NOTEBOOK.parent)
    done.metadata = nbformat.from_dict(METADATA)
    nbformat.write(done, NOTEBOOK)


if __name__ == "__main__":
    write_outputs()
