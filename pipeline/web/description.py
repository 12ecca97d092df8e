"""What the OpenAPI description says of the bodies and answers: the forms of an upload, and examples of each answer."""

from __future__ import annotations

from typing import Any

from pipeline.web.request_errors import BusyError, LargeUploadError, RequestError, SlowUploadError, TokenError
from pipeline.web.uploads import FILE_FIELD, PASSWORD_FIELD

SUMMARY = "Reads handwritten numbers in photos and scans."

TEXT = """\
`POST /read` takes a picture, a PDF or a TIFF and answers with an array of records, one per page, as
`python run_pipeline.py FILE --format json` prints them. Any other answer is an object whose `error` has a `code`, a
`message` of one line and a `hint`.

    curl -F file=@photo.jpg "http://127.0.0.1:8000/read?signs=true"
"""

PASSWORD_HEADER = "X-Password"

_RECORD = {
    **{"schema": 1, "file": "a.jpg", "page": 1, "status": "ok", "error": None, "note": None},
    **{"size_px": [3024, 4032], "turned_deg": 0, "model": "digits"},
    "numbers": [
        {
            **{"text": "5", "confidence": 0.98, "status": "accepted", "reason": None, "line": 1, "writing": "hand"},
            "box": [62, 255, 120, 325],
            "digits": [{"text": "5", "confidence": 0.98, "box": [62, 255, 120, 325], "alternatives": [["6", 0.004]]}],
        }
    ],
    "seconds": {"decode": 0.021, "total": 0.058},
}
"""An example that holds every key."""

_OBJECT = {"type": "object", "required": ["error"], "properties": {"error": {"type": "object"}}}

READ_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file, as a field of a form or as it is.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FILE_FIELD],
                    "properties": {
                        FILE_FIELD: {"type": "string", "format": "binary"},
                        PASSWORD_FIELD: {"type": "string", "format": "password", "description": "Of a PDF."},
                    },
                }
            },
            **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("image/*", "application/pdf")},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


def make_error(code: str, message: str, hint: str) -> dict[str, Any]:
    """Return the object that tells of an error."""
    return {"error": {"code": code, "message": message, "hint": hint}}


def _show(description: str, example: object, schema: object) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema, "example": example}}}


def _show_error(kind: type[RequestError], message: str) -> dict[str, Any]:
    description = (kind.__doc__ or "").strip()
    return _show(description, make_error(kind.code, message, kind.hint), _OBJECT)


def _show_failure(description: str, code: str, message: str, hint: str) -> dict[str, Any]:
    failed = {**_RECORD, "status": "failed", **make_error(code, message, hint)}
    unknown: dict[str, object] = {"size_px": None, "turned_deg": None, "model": None, "numbers": [], "seconds": {}}
    return _show(description, {**failed, **unknown}, _OBJECT)


READ_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: _show(
        "One record per page, failed ones among them.", [_RECORD], {"type": "array", "items": {"type": "object"}}
    ),
    400: _show_error(RequestError, "reject_below: Input should be less than or equal to 1, received '2'"),
    401: _show_error(TokenError, "the token is missing, or another one"),
    408: _show_error(SlowUploadError, "the upload did not arrive within 60 s"),
    413: _show_error(LargeUploadError, "the file has more than 50 MB"),
    422: _show_failure(
        "No page of the file can be read; the failed record of the first.",
        *("not-a-picture", "this is a text file, not a picture"),
        "give a PDF, JPEG, PNG, TIFF, HEIC, WebP, AVIF, BMP or GIF",
    ),
    500: _show_failure("A bug; its traceback is on the server's stderr.", "bug", "RuntimeError: ...", ""),
    503: _show_error(BusyError, "16 requests are being read already"),
    504: _show_failure("A page took too long.", "timeout", "it was not read within 60 s", "look at the file"),
}
