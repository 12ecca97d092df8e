from __future__ import annotations

import socket
import sys
from contextlib import closing

import pytest
from streamlit import config

from pipeline.cli import main
from pipeline.web.options import PageOptions
from pipeline.web.page.serve import SCRIPT, configure


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
