from __future__ import annotations

import logging
import socket
import sys
from contextlib import closing

import pytest
from starlette.requests import ClientDisconnect
from streamlit import config

from pipeline.cli import main
from pipeline.web.options import PageOptions
from pipeline.web.page.serve import SCRIPT, configure, is_worth_logging


def test_port_that_is_taken_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = str(taken.getsockname()[1])
        assert main(["--serve", "--port", port]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: --host 127.0.0.1 --port {port}: cannot be listened at (")


@pytest.mark.parametrize("missing", ["streamlit", "uvicorn"])
def test_missing_extra_is_one_line(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == missing or "web.page.serve" in name]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    assert main(["--serve"]) == 70
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ") and line.endswith("for --serve, with Python 3.11 or later: pip install '.[web]'")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_nothing_is_sent_elsewhere_and_uploads_are_bounded(host: str) -> None:
    configure(PageOptions(host=host, most_mb=7))
    assert config.get_option("browser.gatherUsageStats") is False
    assert config.get_option("server.maxUploadSize") == 7
    assert config.get_option("client.showErrorDetails") == "none"
    assert bool(config.get_option("server.allowedHosts")) == (host != "0.0.0.0")


def test_script_runs_nothing_in_a_worker_process() -> None:
    exec(compile(SCRIPT.read_text("utf-8"), str(SCRIPT), "exec"), {"__name__": "__mp_main__"})


@pytest.mark.parametrize(
    ("error", "expected"), [(None, True), (ValueError("a bug"), True), (ClientDisconnect(), False)], ids=repr
)
def test_user_who_leaves_during_an_upload_is_no_error(error: Exception | None, expected: bool) -> None:
    raised = None if error is None else (type(error), error, None)
    assert is_worth_logging(logging.LogRecord("uvicorn.error", logging.ERROR, "", 1, "", (), raised)) is expected
