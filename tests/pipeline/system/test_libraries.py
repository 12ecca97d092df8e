from __future__ import annotations

import pytest

from pipeline.system.libraries import explain_import_error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ModuleNotFoundError("No module named 'cv2'", name="cv2"), "cv2 is not installed; install it"),
        (ModuleNotFoundError("No module named 'a.b'", name="a.b"), "a.b is not installed; install it"),
        (
            ImportError("libGL.so.1: cannot open shared object file: No such file or directory"),
            "OpenCV cannot be loaded (libGL.so.1: cannot open shared object file: No such file or directory); "
            "on Debian or Ubuntu: apt-get install libgl1 libglib2.0-0",
        ),
        (ModuleNotFoundError("No module named 'pipeline.x'", name="pipeline.x"), None),
        (ImportError("cannot import name 'x'"), None),
    ],
    ids=["package", "module", "system library", "our own", "name"],
)
def test_import_error_is_explained_or_a_bug(error: ImportError, told: str | None) -> None:
    explained = explain_import_error(error, "install it")
    assert (explained and str(explained)) == told


def test_hint_says_how_to_install_all_that_reading_needs() -> None:
    explained = explain_import_error(ModuleNotFoundError(name="cv2"))
    assert explained and "pip install ." in explained.hint and explained.exit_code == 70
