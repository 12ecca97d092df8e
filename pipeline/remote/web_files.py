"""Files on the web, read within bounds: of their size, and of the time that all of it may take."""

from __future__ import annotations

import time
from http.client import HTTPException, HTTPResponse
from urllib import request
from urllib.error import HTTPError, URLError
from urllib.parse import quote

from pipeline.errors import InputError, MissingInputError, RemoteInputError
from pipeline.remote.addresses import make_version

_MOST_TRIES = 3
_PAUSE_S = 0.5
"""Before the second try; twice as long before the next one."""

_SILENCE_S = 20.0
"""So long a server may send nothing."""

_CHUNK_BYTES = 1 << 16
_TRANSIENT = (429, 500, 502, 503, 504)
_GONE = (404, 410)
_SAFE = "%/:=&?~#+!$,;'@()*[]"


class _TransientError(Exception):
    """A try failed in a way that the next one may not; the message says how."""


def fetch_web_file(address: str, most_bytes: int, most_s: float) -> tuple[bytes, tuple[int, int]]:
    """Return the bytes at an address, and their size and version.

    Parameters
    ----------
    address : of http or https
    most_bytes : size at most; what is larger is not read to its end
    most_s : seconds that all tries together may take

    Raises
    ------
    MissingInputError
        If there is nothing at that address.
    RemoteInputError
        If it is too large, refused, or not there within the time.
    """
    until_s = time.monotonic() + most_s
    for n in range(_MOST_TRIES):
        try:
            with _open(address, "GET", until_s) as response:
                return _read(response, most_bytes, until_s), _identify(response)
        except _TransientError as error:
            pause_s = _PAUSE_S * 2**n
            if n + 1 == _MOST_TRIES or time.monotonic() + pause_s >= until_s:
                raise RemoteInputError(str(error)) from error
            time.sleep(pause_s)
    raise AssertionError("unreachable")


def identify_web_file(address: str, most_s: float) -> tuple[int, int] | None:
    """Return size and version of the file at an address without reading it; None where the server does not tell."""
    try:
        with _open(address, "HEAD", time.monotonic() + most_s) as response:
            return _identify(response) if response.headers["Content-Length"] else None
    except (_TransientError, InputError):
        return None


def _open(address: str, method: str, until_s: float) -> HTTPResponse:
    """Return the response of the server; a redirection leads to http and https alone."""
    opener = request.OpenerDirector()
    for handler in (
        *(request.ProxyHandler, request.HTTPHandler, request.HTTPSHandler, request.HTTPRedirectHandler),
        *(request.HTTPErrorProcessor, request.HTTPDefaultErrorHandler, request.UnknownHandler),
    ):
        opener.add_handler(handler())
    wanted = request.Request(quote(address, safe=_SAFE), method=method)
    wanted.add_header("Accept-Encoding", "identity")
    wanted.add_header("User-Agent", "handwritten-digits")
    try:
        response: HTTPResponse = opener.open(wanted, timeout=max(0.01, min(_SILENCE_S, until_s - time.monotonic())))
        return response
    except HTTPError as error:
        error.close()
        raise _explain_status(error.code, error.reason) from error
    except TimeoutError as error:
        raise _TransientError("the server does not answer") from error
    except URLError as error:
        what = "it does not answer" if isinstance(error.reason, TimeoutError) else str(error.reason)
        raise _TransientError(f"the server cannot be reached ({what})") from error
    except (HTTPException, OSError, ValueError) as error:
        raise _TransientError(f"the server's answer is none of HTTP ({type(error).__name__})") from error


def _explain_status(status: int, reason: str) -> Exception:
    """Return the error for the status of an answer."""
    if status in _GONE:
        return MissingInputError(f"there is nothing at that address ({status} {reason})", "check the address")
    if status in _TRANSIENT:
        return _TransientError(f"the server says {status} {reason}")
    hint = "give an address that needs no login, such as a presigned one" if status in (401, 403) else None
    return RemoteInputError(f"the server says {status} {reason}", hint)


def _read(response: HTTPResponse, most_bytes: int, until_s: float) -> bytes:
    """Return the body of an answer."""
    length = response.headers["Content-Length"]
    expected = int(length) if length and length.isdigit() else None
    raw = bytearray()
    try:
        while len(raw) <= most_bytes and (expected or 0) <= most_bytes:
            chunk = response.read1(_CHUNK_BYTES)
            if not chunk:
                break
            raw += chunk
            if time.monotonic() > until_s:
                raise RemoteInputError("it did not come within its time", "raise --timeout, or download it first")
    except TimeoutError as error:
        raise _TransientError("the server stopped sending") from error
    except (HTTPException, OSError) as error:
        raise _TransientError(f"the connection broke ({type(error).__name__})") from error
    if max(len(raw), expected or 0) > most_bytes:
        raise RemoteInputError(f"it is larger than {most_bytes >> 20} MB", "download it, or split it")
    if expected is not None and len(raw) < expected:
        raise _TransientError(f"the connection broke after {len(raw):,} of {expected:,} bytes")
    return bytes(raw)


def _identify(response: HTTPResponse) -> tuple[int, int]:
    length = response.headers["Content-Length"] or ""
    version = make_version(response.headers["ETag"] or response.headers["Last-Modified"])
    return int(length) if length.isdigit() else 0, version
