"""The server: options in; it listens until Ctrl-C or SIGTERM, and ends with exit code 0."""

from __future__ import annotations

import os
import socket
from contextlib import closing, suppress

import uvicorn

from pipeline.batch.jobs import Plan
from pipeline.batch.options import TIMEOUT_S
from pipeline.batch.process_pool import count_cores, start_processes
from pipeline.errors import UsageError
from pipeline.system.terminal import print_message
from pipeline.web.app import Api, make_app
from pipeline.web.metrics import Metrics
from pipeline.web.options import ApiOptions
from pipeline.web.reader import Reader

TOKEN_VARIABLE = "DIGITS_API_TOKEN"
"""Of the environment: a flag would be seen in the list of processes."""

_REQUESTS_PER_WORKER = 4
"""That are read or wait: the last of them waits for about as many pages, a second or two."""

_GRACE_S = 5
"""How long requests that are being read may take after Ctrl-C."""

_LOOPBACK = ("127.", "::1", "localhost")


def run(options: ApiOptions) -> int:
    """Answer requests until Ctrl-C or SIGTERM; return the exit code.

    Raises
    ------
    UsageError
        If the host or the port cannot be listened at.
    ModelError
        If the model cannot be loaded.
    """
    token = os.environ.get(TOKEN_VARIABLE) or None
    n_workers, timeout_s = options.n_workers or count_cores(), options.timeout_s or TIMEOUT_S
    plan = Plan(options.settings, options.model)
    listener = listen(options.host, options.port)
    with closing(listener), start_processes(plan, n_workers, timeout_s, n_workers) as pool:
        notes = pool.check_model()
        metrics = Metrics()
        reader = Reader(pool, _REQUESTS_PER_WORKER * n_workers, metrics)
        most_bytes = options.most_mb * 1_000_000
        api = Api(reader, metrics, plan, most_bytes, timeout_s, token, options.is_verbose)
        config = uvicorn.Config(
            make_app(api),
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,
        )
        if not options.is_quiet:
            print_message(*notes, *_greet(options.host, listener, token))
        with suppress(KeyboardInterrupt):  # the usual end; uvicorn has ended the requests before
            uvicorn.Server(config).run(sockets=[listener])
    return 0


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at a host and port; port 0 takes a free one.

    Raises
    ------
    UsageError
        If there is no such host, or the port is in use or not allowed.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"--host {host} --port {port}: cannot be listened at ({reason})", "choose others") from error


def is_loopback(host: str) -> bool:
    """Return whether no other computer reaches a host of this name."""
    return host.startswith(_LOOPBACK)


def name_address(host: str, listener: socket.socket) -> str:
    """Return the address of a server, such as http://127.0.0.1:8000."""
    place = f"[{host}]" if ":" in host else host
    return f"http://{place}:{listener.getsockname()[1]}"


def _greet(host: str, listener: socket.socket, token: str | None) -> list[str]:
    """Return the lines that say where the server is, and who may use it."""
    address = name_address(host, listener)
    lines = [f"reading at {address}/read, described at {address}/docs; Ctrl-C ends it"]
    if token is None and not is_loopback(host):
        lines.append(f"anyone who reaches this host may use it; set {TOKEN_VARIABLE} to ask for a token")
    return lines
