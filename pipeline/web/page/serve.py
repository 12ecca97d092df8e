"""The server of the page: options in; it serves until Ctrl-C or SIGTERM, and ends with exit code 0."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, suppress
from pathlib import Path

import uvicorn
from starlette.requests import ClientDisconnect
from streamlit import runtime
from streamlit.starlette import App
from streamlit.web.bootstrap import load_config_options

from pipeline.batch.jobs import Plan
from pipeline.batch.options import TIMEOUT_S
from pipeline.batch.process_pool import count_cores, start_processes
from pipeline.system.terminal import print_message
from pipeline.web.options import PageOptions
from pipeline.web.page.presence import AWAY_S
from pipeline.web.page.service import Service, SharedPool, install
from pipeline.web.server import is_loopback, listen, name_address

SCRIPT = Path(__file__).with_name("script.py")

_GRACE_S = 2
_CONFIG: dict[str, object] = {
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",  # a bug's traceback is on the server's stderr
    "client.showErrorLinks": False,
    "logger.level": "warning",
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.disconnectedSessionTTL": AWAY_S,
    "server.enableStaticServing": False,
    "server.enableAgentApi": False,
    "theme.primaryColor": "#0b6e4f",
    "theme.textColor": "#0d1210",  # of which captions take 60 %: a contrast of 4.5 on the gray of the side bar, too
}
"""Options of Streamlit; a user's own config.toml does not change them."""


def run(options: PageOptions) -> int:
    """Serve the page until Ctrl-C or SIGTERM; return the exit code.

    Raises
    ------
    UsageError
        If the host or the port cannot be listened at.
    ModelError
        If the model cannot be loaded.
    """
    n_workers, timeout_s = options.n_workers or count_cores(), options.timeout_s or TIMEOUT_S
    plan = Plan(options.settings, options.model, keeps_page=True)
    listener = listen(options.host, options.port)
    with closing(listener), start_processes(plan, n_workers, timeout_s, n_workers) as processes:
        notes = processes.check_model()
        service = Service(options, SharedPool(processes, n_workers))
        install(service)
        configure(options)
        config = uvicorn.Config(
            App(SCRIPT, lifespan=_watch(service)),
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,
        )
        logging.getLogger("uvicorn.error").addFilter(is_worth_logging)
        server = uvicorn.Server(config)
        if not options.is_quiet:
            _print_when_started(server, [*notes, *_greet(options.host, listener)])
        with suppress(KeyboardInterrupt):  # the usual end; uvicorn has ended the requests before
            server.run(sockets=[listener])
        service.stop()
    return 0


def is_worth_logging(entry: logging.LogRecord) -> bool:
    """Return whether an entry of the server's log tells more than that a user has left during an upload."""
    return entry.exc_info is None or not isinstance(entry.exc_info[1], ClientDisconnect)


def configure(options: PageOptions) -> None:
    """Set the options of Streamlit for this process."""
    chosen = {**_CONFIG, "server.maxUploadSize": options.most_mb, "server.address": options.host}
    if is_loopback(options.host):  # no page elsewhere may speak to it by a name of its own that leads here
        chosen["server.allowedHosts"] = ["localhost", "127.0.0.1", "::1"]
    load_config_options(chosen)


def _watch(service: Service) -> Callable[[App], AbstractAsyncContextManager[None]]:
    """Return what runs beside the server: the closing of sessions whose users are gone."""

    @asynccontextmanager
    async def watch(_: App) -> AsyncIterator[None]:
        task = asyncio.create_task(service.presence.watch(runtime.get_instance()))
        try:
            yield
        finally:
            task.cancel()

    return watch


def _greet(host: str, listener: socket.socket) -> list[str]:
    lines = [f"open {name_address(host, listener)} in a browser; Ctrl-C ends it"]
    if not is_loopback(host):
        lines.append("anyone who reaches this host may use it, without encryption: docs/page.md says what helps")
    return lines


def _print_when_started(server: uvicorn.Server, lines: list[str]) -> None:
    """Print lines on stderr once the server answers."""

    def wait() -> None:
        while not (server.started or server.should_exit):
            pause.wait(0.05)
        if server.started:
            print_message(*lines)

    pause = threading.Event()
    threading.Thread(target=wait, name="greeter", daemon=True).start()
