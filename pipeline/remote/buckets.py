"""Objects in buckets, through fsspec: listed with their sizes and versions, read within bounds, and written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import (
    InputError,
    MissingInputError,
    OutputError,
    RemoteInputError,
    SetupError,
)
from pipeline.remote.addresses import find_scheme, make_version

_CONNECT_S, _SILENCE_S, _LISTING_S = 10, 30, 600.0

_LIBRARIES: dict[str, tuple[str, dict[str, Any]]] = {
    "s3": ("s3fs", {"config_kwargs": {"connect_timeout": _CONNECT_S, "read_timeout": _SILENCE_S}}),
    "gs": ("gcsfs", {}),
    "az": ("adlfs", {}),
}
"""The library of each scheme, and how it is opened."""

_CREDENTIALS = {
    "s3": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or FSSPEC_S3_ANON=true for a public bucket",
    "gs": "run gcloud auth application-default login, or set FSSPEC_GS_TOKEN=anon for a public bucket",
    "az": "set AZURE_STORAGE_CONNECTION_STRING",
}
_NO_CREDENTIALS = (
    "NoCredentials",
    "PartialCredentials",
    "TokenRetrieval",
    "DefaultCredentials",
    "ClientAuthentication",
)
"""Parts of the names of the errors that the libraries raise without credentials."""

_TAGS = ("ETag", "etag", "md5", "LastModified", "last_modified", "mtime", "created")
"""Where what is known of an object says which version it is, the surest first."""

Known = tuple[int, int]
"""(size in bytes, version) of an object."""


def open_filesystem(address: str) -> tuple[Any, str]:
    """Return the file system of fsspec that an address lies in, and its path there.

    Raises
    ------
    SetupError
        If a library is missing.
    """
    scheme = find_scheme(address) or ""
    library, options = _LIBRARIES[scheme]
    try:
        import fsspec

        return fsspec.core.url_to_fs(address, **options)  # type: ignore[no-any-return]
    except ImportError as error:
        extra = "'.[remote]'" if scheme == "s3" else f"fsspec {library}"
        raise SetupError(f"{scheme}:// needs {library}, which is not installed", f"pip install {extra}") from error


def list_objects(address: str) -> list[tuple[str, Known]]:
    """Return (address, what is known) of every object at an address or below it; none where there is nothing.

    Raises
    ------
    InputError
        If it cannot be listed.
    """
    files, path = open_filesystem(address)
    scheme = find_scheme(address)
    try:
        found = _call(files, "find", _LISTING_S, path.rstrip("/"), detail=True)
    except FileNotFoundError:
        return []
    except Exception as error:  # each library has errors of its own
        raise _explain(error, address) from error
    rows = ((f"{scheme}://{name}", _identify(info)) for name, info in found.items() if info.get("type") != "directory")
    return [row for row in rows if not row[0].endswith("/")]


def fetch_object(address: str, most_bytes: int, most_s: float, known: Known | None = None) -> tuple[bytes, Known]:
    """Return the bytes of an object, and what is known of it.

    Parameters
    ----------
    address : of the object
    most_bytes, most_s : size in bytes, and seconds that it may take
    known : what its listing said; None to ask for it

    Raises
    ------
    MissingInputError
        If there is no such object.
    RemoteInputError
        If it is too large, refused, has changed since it was listed, or is not there within the time.
    """
    files, path = open_filesystem(address)
    try:
        known = known or _identify(_call(files, "info", most_s, path))
        if known[0] > most_bytes:
            raise RemoteInputError(f"it is larger than {most_bytes >> 20} MB", "download it, or split it")
        raw: bytes = _call(files, "cat_file", most_s, path)
    except InputError:
        raise
    except Exception as error:  # each library has errors of its own
        raise _explain(error, address) from error
    if len(raw) != known[0]:
        raise RemoteInputError("it has changed since it was listed", "run again with --resume")
    return raw, known


def identify_object(address: str, most_s: float) -> Known | None:
    """Return what is known of an object now; None where it is away."""
    files, path = open_filesystem(address)
    try:
        return _identify(_call(files, "info", most_s, path))
    except Exception:  # each library has errors of its own
        return None


def upload_files(paths: Sequence[Path], folder: str) -> None:
    """Put files into a folder of a bucket; each appears there when it is whole.

    Parameters
    ----------
    paths : of the files; the objects have their names
    folder : address

    Raises
    ------
    OutputError
        If one cannot be written.
    """
    files, top = open_filesystem(folder)
    for path in paths:
        try:
            files.put_file(str(path), f"{top.rstrip('/')}/{path.name}")
        except Exception as error:  # each library has errors of its own
            message = _explain(error, folder).message
            raise OutputError(
                f"{folder}: {path.name} cannot be put there ({message})", "it stays where it is"
            ) from error


def _call(files: Any, name: str, most_s: float, *arguments: Any, **options: Any) -> Any:
    """Return what a method of a file system returns; TimeoutError after `most_s` where the library can be stopped."""
    if not files.async_impl:
        return getattr(files, name)(*arguments, **options)
    from fsspec.asyn import sync

    return sync(files.loop, getattr(files, f"_{name}"), *arguments, timeout=most_s, **options)


def _identify(info: dict[str, Any]) -> Known:
    return int(info.get("size") or 0), make_version(next((info[tag] for tag in _TAGS if info.get(tag)), None))


def _explain(error: Exception, address: str) -> InputError:
    """Return the error of ours for one of a library."""
    scheme = find_scheme(address) or ""
    if isinstance(error, FileNotFoundError):
        return MissingInputError("there is nothing at that address", "check the address")
    if any(name in type(error).__name__ for name in _NO_CREDENTIALS):
        return RemoteInputError("there are no credentials for this bucket", _CREDENTIALS[scheme])
    if isinstance(error, PermissionError):
        return RemoteInputError("access to this bucket is denied", _CREDENTIALS[scheme])
    if isinstance(error, TimeoutError):
        return RemoteInputError("it did not come within its time", "raise --timeout, or download it first")
    first = (str(error).splitlines() or [""])[0][:200]
    return RemoteInputError(f"the bucket cannot be read ({type(error).__name__}: {first})")
