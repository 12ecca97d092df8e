"""What can be wrong with a request: each class has its HTTP status, its code in the answer, and a hint."""

from __future__ import annotations

from pipeline.errors import DigitsError


class RequestError(DigitsError):
    """A parameter, or the form, is wrong."""

    status = 400
    code = "usage"
    hint = "see the page /docs"
    headers: dict[str, str] = {}


class TokenError(RequestError):
    """The token is missing, or another one."""

    status = 401
    code = "token"
    hint = "send the header Authorization: Bearer TOKEN"
    headers = {"WWW-Authenticate": "Bearer"}


class SlowUploadError(RequestError):
    """The upload did not arrive in time."""

    status = 408
    code = "slow-upload"
    hint = "send it again"


class LargeUploadError(RequestError):
    """The upload has too many bytes."""

    status = 413
    code = "too-large"
    hint = "shrink the picture, or send the pages of the file one by one"


class BusyError(RequestError):
    """As many requests are being read, or wait, as there is room for."""

    status = 503
    code = "busy"
    hint = "send it again in a second"
    headers = {"Retry-After": "1"}


FAILURE_STATUS = {"timeout": 504, "bug": 500}
"""HTTP status by the code of a failed record; 422 for all others, where the file is at fault and would fail again."""
