"""The body of a request -> the bytes of the file in it. They stay in memory; nothing is written to the disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from pipeline.web.request_errors import LargeUploadError, RequestError, SlowUploadError

FILE_FIELD, PASSWORD_FIELD = "file", "password"
"""Names of the fields of a form."""

UNNAMED = "upload"
"""What a file without a name is called in its records."""

_FORM = "multipart/form-data"
_FORM_BYTES = 10_000
"""Of a form, around its file: the other fields, the heads of its parts and the lines between them."""


@dataclass(frozen=True, slots=True, eq=False)
class Upload:
    """A file that was sent: its name for the records, its bytes, and the password that came in the form."""

    name: str
    raw: bytes
    password: str | None = field(default=None, repr=False)


async def receive_upload(request: Request, most_bytes: int, timeout_s: float) -> Upload:
    """Return the file in the body of a request: that of a form, or the body itself where it is no form.

    Parameters
    ----------
    request : whose body has not been read
    most_bytes : of the file
    timeout_s : seconds that the body may take to arrive

    Raises
    ------
    LargeUploadError
        If it has more bytes; a stated length is enough, nothing of such a body is read.
    SlowUploadError
        If it takes longer.
    RequestError
        If it breaks off, or is a form that is damaged or does not have one file in its field ``file``.
    """
    is_form = request.headers.get("content-type", "").split(";")[0].strip().lower() == _FORM
    most = most_bytes + _FORM_BYTES if is_form else most_bytes
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > most:
        raise _explain_size(most_bytes)
    receiving = _receive_form(request, most_bytes) if is_form else _receive_bytes(request, most_bytes)
    try:
        return await asyncio.wait_for(receiving, timeout_s)
    except ClientDisconnect as error:  # nobody will see this answer, but it is counted
        raise RequestError("the upload broke off", "send it again") from error
    except (TimeoutError, asyncio.TimeoutError) as error:
        raise SlowUploadError(f"the upload did not arrive within {timeout_s:g} s") from error


async def _receive_bytes(request: Request, most_bytes: int) -> Upload:
    raw = bytearray()
    async for chunk in _count(request, most_bytes, most_bytes):
        raw += chunk
    return Upload(UNNAMED, bytes(raw))


async def _receive_form(request: Request, most_bytes: int) -> Upload:
    stream = _count(request, most_bytes + _FORM_BYTES, most_bytes)
    try:
        parser = MultiPartParser(request.headers, stream, max_files=1, max_fields=1)
        parser.spool_max_size = most_bytes + _FORM_BYTES  # a larger part would go to the disk; there is none
        form = await parser.parse()
    except MultiPartException as error:
        raise RequestError(f"the form cannot be read: {error.message.rstrip('.')}", _HINT) from error
    try:
        file, password = form.get(FILE_FIELD), form.get(PASSWORD_FIELD)
        if not isinstance(file, UploadFile):
            what = f"its fields are {', '.join(map(repr, form))}" if form else "it is empty"
            raise RequestError(f"the form has no file in a field 'file': {what}", _HINT)
        raw = await file.read()
    finally:
        await form.close()
    if len(raw) > most_bytes:
        raise _explain_size(most_bytes)
    return Upload(file.filename or UNNAMED, raw, password if isinstance(password, str) else None)


_HINT = "send one file in the field 'file', and the password of a PDF in 'password', or the bytes of a file as the body"


async def _count(request: Request, most: int, most_bytes: int) -> AsyncGenerator[bytes, None]:
    """Yield the chunks of the body; raise LargeUploadError once they are more than `most` bytes."""
    n_bytes = 0
    async for chunk in request.stream():
        n_bytes += len(chunk)
        if n_bytes > most:
            raise _explain_size(most_bytes)
        yield chunk


def _explain_size(most_bytes: int) -> LargeUploadError:
    return LargeUploadError(f"the file has more than {most_bytes / 1e6:g} MB")
