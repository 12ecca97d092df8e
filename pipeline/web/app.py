"""The addresses of the HTTP API: /read, /health, /metrics, and the pages that describe them."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from time import perf_counter
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from pipeline.batch.jobs import Plan
from pipeline.outputs.records import Record
from pipeline.system.terminal import print_message
from pipeline.version import __version__
from pipeline.web.description import PASSWORD_HEADER, READ_ANSWERS, READ_BODY, SUMMARY, TEXT, make_error
from pipeline.web.metrics import Metrics
from pipeline.web.parameters import ReadParameters
from pipeline.web.reader import Reader
from pipeline.web.request_errors import FAILURE_STATUS, BusyError, RequestError, TokenError
from pipeline.web.uploads import receive_upload

_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


class Api:
    """The functions behind the addresses.

    Parameters
    ----------
    reader : reads uploads
    metrics : counts the answers
    plan : how pages are read where a request does not ask for anything else
    most_bytes : of an upload
    timeout_s : seconds that an upload may take to arrive
    token : that /read and /metrics ask for; None for none
    is_verbose : print a line on stderr for each request to read
    """

    def __init__(
        self,
        reader: Reader,
        metrics: Metrics,
        plan: Plan,
        most_bytes: int,
        timeout_s: float,
        token: str | None = None,
        is_verbose: bool = False,
    ) -> None:
        self._reader, self._metrics, self._plan, self._token = reader, metrics, plan, token
        self._most_bytes, self._timeout_s, self._is_verbose = most_bytes, timeout_s, is_verbose

    @property
    def has_token(self) -> bool:
        """Whether a token is asked for."""
        return self._token is not None

    async def check_token(self, given: _Bearer) -> None:
        """Raise TokenError unless the request has the token; how long this takes tells nothing about it."""
        text = given.credentials if given else ""
        if not hmac.compare_digest(text.encode(), (self._token or "").encode()):
            raise TokenError("the token is missing, or another one")

    async def read(
        self,
        request: Request,
        parameters: Annotated[ReadParameters, Query()],
        x_password: Annotated[str | None, Header(alias=PASSWORD_HEADER, description="Of an encrypted PDF.")] = None,
    ) -> Response:
        """Read the numbers on each page of a picture, a PDF or a TIFF."""
        start = perf_counter()
        pages, plan = parameters.choose_pages(), parameters.change(self._plan, x_password)
        try:
            with self._reader.enter():
                upload = await receive_upload(request, self._most_bytes, self._timeout_s)
                if upload.password is not None:
                    plan = replace(plan, password=upload.password)
                records = await self._reader.read(upload, plan, pages, request.is_disconnected)
        except asyncio.CancelledError as stop:  # by uvicorn, some seconds after Ctrl-C
            raise BusyError("the server is being stopped") from stop
        self._metrics.count_records(records, perf_counter() - start)
        for record in records:
            if record["error"] and record["error"]["code"] == "encrypted":
                record["error"]["hint"] = f"give its password in the header {PASSWORD_HEADER}"
        return self.answer(request, *_choose_answer(records))

    def answer(
        self, request: Request, status: int, body: object, headers: Mapping[str, str] | None = None
    ) -> JSONResponse:
        """Return the answer to a request; one to /read is counted, and told on stderr if asked for."""
        if request.url.path == "/read":
            self._metrics.count_answer(status)
            if self._is_verbose:
                print_message(f"{request.method} /read: {status}")
        return JSONResponse(body, status, headers)

    async def explain(self, request: Request, error: Exception) -> JSONResponse:
        """Return the answer for what is wrong with a request, in one line."""
        match error:
            case RequestError():
                body = make_error(error.code, error.message, error.hint)
                return self.answer(request, error.status, body, error.headers)
            case RequestValidationError():
                return await self.explain(request, _describe_parameter(error.errors()[0]))
            case HTTPException():
                body = make_error("usage", f"{request.method} {request.url.path}: {error.detail}", RequestError.hint)
                return self.answer(request, error.status_code, body, error.headers)
            case _:
                body = make_error("bug", f"{type(error).__name__}: {error}", "the traceback is on the server's stderr")
                return self.answer(request, 500, body)

    async def show_metrics(self) -> Response:
        """Return all counts, in the text format of Prometheus."""
        return Response(self._metrics.format(), media_type=_METRICS_TYPE)

    async def show_health(self) -> dict[str, str]:
        """Return that the server answers, its version and its model."""
        return {"status": "ok", "version": __version__, "model": self._plan.model}

    async def show_page(self) -> HTMLResponse:
        """Return the page that describes the API and tries it out; it loads nothing from elsewhere."""
        return HTMLResponse(files("pipeline.web").joinpath("docs.html").read_text("utf-8"))


def make_app(api: Api) -> FastAPI:
    """Return the application, whose OpenAPI description is at /openapi.json."""
    app = FastAPI(
        title="Handwritten numbers",
        version=__version__,
        summary=SUMMARY,
        description=TEXT,
        docs_url=None,
        redoc_url=None,
    )
    guard = [Depends(api.check_token)] if api.has_token else []
    answers = {status: answer for status, answer in READ_ANSWERS.items() if api.has_token or status != 401}
    refusals: dict[int | str, dict[str, Any]] = {status: answer for status, answer in answers.items() if status == 401}
    app.post("/read", dependencies=guard, responses=answers, openapi_extra=READ_BODY)(api.read)
    app.get("/health")(api.show_health)
    app.get("/metrics", dependencies=guard, responses=refusals, response_class=PlainTextResponse)(api.show_metrics)
    app.get("/docs", include_in_schema=False)(api.show_page)
    for kind in (RequestError, RequestValidationError, HTTPException, Exception):
        app.exception_handler(kind)(api.explain)
    return app


def _choose_answer(records: Sequence[Record]) -> tuple[int, object]:
    """Return the HTTP status and the body: all records if a page was read, else the first failed one."""
    if any(record["status"] == "ok" for record in records):
        return 200, records
    return FAILURE_STATUS.get(records[0]["error"]["code"], 422), records[0]


def _describe_parameter(wrong: Mapping[str, Any]) -> RequestError:
    """Return the error for a parameter that is wrong, as the first of what FastAPI found."""
    name = str(wrong["loc"][-1])
    if name == "password":
        hint = f"send it in the header {PASSWORD_HEADER}, or in the form"
        return RequestError("password: not in the address, which logs and histories keep", hint)
    if wrong["type"] == "extra_forbidden":
        known = ", ".join(ReadParameters.model_fields)
        return RequestError(f"there is no parameter {name!r}", f"there are {known}")
    return RequestError(f"{name}: {wrong['msg']}, received {wrong['input']!r}")
