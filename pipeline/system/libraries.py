"""Libraries that cannot be imported: what to install."""

from __future__ import annotations

from pipeline.errors import SetupError


def explain_import_error(error: ImportError, hint: str | None = None) -> SetupError | None:
    """Return the error that says what to install where an import has failed for want of a library; None for a bug.

    Parameters
    ----------
    error : of the import
    hint : how to install a missing Python package; None for all that reading needs
    """
    if isinstance(error, ModuleNotFoundError):
        if error.name is None or error.name.partition(".")[0] == "pipeline":
            return None
        return SetupError(f"{error.name} is not installed", hint)
    if "cannot open shared object" not in str(error):
        return None
    return SetupError(f"OpenCV cannot be loaded ({error})", "on Debian or Ubuntu: apt-get install libgl1 libglib2.0-0")
