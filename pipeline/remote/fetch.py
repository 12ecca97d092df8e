"""What lies at an address -> its bytes, wherever that is."""

from __future__ import annotations

from pipeline.remote.addresses import is_in_bucket

MOST_BYTES = 1 << 30
"""Of a download: no scan is larger, and a worker must hold it."""

_ASKING_S = 20.0


def fetch(
    address: str, most_s: float, known: tuple[int, int] | None = None, most_bytes: int = MOST_BYTES
) -> tuple[bytes, tuple[int, int]]:
    """Return the bytes at an address, and their (size, version), which differ if the file changes.

    Parameters
    ----------
    address : for which `pipeline.remote.addresses.is_address` holds
    most_s : seconds that it may take
    known : size and version as a listing of its bucket told them; None for none
    most_bytes : size at most

    Raises
    ------
    InputError
        If there is nothing, or it cannot be read within these bounds.
    """
    if is_in_bucket(address):
        from pipeline.remote.buckets import fetch_object

        return fetch_object(address, most_bytes, most_s, known)
    from pipeline.remote.web_files import fetch_web_file

    return fetch_web_file(address, most_bytes, most_s)


def identify_address(address: str) -> tuple[int, int] | None:
    """Return size and version of what lies at an address now; None where that is not told."""
    if is_in_bucket(address):
        from pipeline.remote.buckets import identify_object

        return identify_object(address, _ASKING_S)
    from pipeline.remote.web_files import identify_web_file

    return identify_web_file(address, _ASKING_S)
