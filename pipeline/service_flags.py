"""The flags of --api and --serve, and the options that these and --check alone ask for."""

from __future__ import annotations

import argparse
import re

from pipeline.checkup.options import CheckOptions
from pipeline.errors import UsageError
from pipeline.flags import parse_count
from pipeline.settings.tree import Settings
from pipeline.web.options import HOST, MOST_MB, PAGE_PORT, PORT, ApiOptions, PageOptions

_SERVER_ONLY = ("host", "port", "max_mb")
_SERVER = (
    *("model", "settings", "reject_below", "no_turn", "writing", "signs", "dpi", "workers", "timeout"),
    *("quiet", "verbose", *_SERVER_ONLY),
)
_TAKEN = {"api": _SERVER, "serve": _SERVER, "check": ("model",)}
"""Names of the flags that each mode takes, those of other modes among them."""


def add_service_flags(group: argparse._ArgumentGroup) -> None:
    """Add the flags to a group of the parser."""
    add = group.add_argument
    add("--api", action="store_true", help="answer HTTP requests to read, until Ctrl-C; needs the extra web")
    add("--serve", action="store_true", help="a page in the browser to read with, until Ctrl-C; needs the extra web")
    add("--host", metavar="H", help=f"address to listen at ({HOST}: this computer alone)")
    add("--port", type=parse_port, metavar="P", help=f"port to listen at ({PORT}, --serve {PAGE_PORT}; 0: a free one)")
    add("--max-mb", type=parse_count, metavar="N", help=f"size of an upload at most ({MOST_MB})")


def parse_port(text: str) -> int:
    """Return the number of a port, 0 to 65535."""
    if not re.fullmatch(r"\d{1,5}", text) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a port, 0 to 65535, received {text!r}")
    return int(text)


def find_service(flags: argparse.Namespace) -> str | None:
    """Return "api", "serve" or "check" if that mode is asked for; raise UsageError for a flag of its own without it."""
    if not (flags.api or flags.serve):
        for name in _SERVER_ONLY:
            if getattr(flags, name) is not None:
                raise UsageError(f"{_spell(name)} needs --api or --serve")
    return "api" if flags.api else "serve" if flags.serve else "check" if flags.check is True else None


def make_service_options(
    service: str, flags: argparse.Namespace, settings: Settings
) -> ApiOptions | PageOptions | CheckOptions:
    """Return the options of a mode; raise UsageError for a flag that it does not take.

    Parameters
    ----------
    service : as `find_service` returns it
    flags : all flags
    settings : as the flags choose them
    """
    for name, value in vars(flags).items():
        if name not in (service, *_TAKEN[service]) and value not in (None, False, []):
            raise UsageError(f"{_spell(name)} cannot be used with --{service}")
    if service == "check":
        return CheckOptions(flags.model)
    options, port = (PageOptions, PAGE_PORT) if service == "serve" else (ApiOptions, PORT)
    return options(
        host=flags.host or HOST,
        port=port if flags.port is None else flags.port,
        most_mb=flags.max_mb or MOST_MB,
        settings=settings,
        model=flags.model,
        n_workers=flags.workers,
        timeout_s=flags.timeout,
        is_quiet=flags.quiet,
        is_verbose=flags.verbose,
    )


def _spell(name: str) -> str:
    return "INPUT" if name == "inputs" else "--" + name.replace("_", "-")
