"""The options of the HTTP API and of the page: where they listen, how they read, and what an upload may take."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.settings.tree import Settings

HOST, PORT, PAGE_PORT, MOST_MB = "127.0.0.1", 8000, 8501, 50
"""Defaults: this computer alone, and room for a scan of many pages."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """The options that both have.

    Attributes
    ----------
    host, port : to listen at; port 0 takes a free one
    most_mb : size of an upload at most, in units of 1,000,000 bytes
    settings : of every stage; a request, or a user, may change some of them
    model : a name under ``models/``, a folder or a file
    n_workers : processes that read; None for one per core
    timeout_s : seconds that a page, and the arrival of an upload, may take; None for `TIMEOUT_S`
    is_quiet, is_verbose : print less, or more, on stderr
    """

    host: str = HOST
    port: int = PORT
    most_mb: int = MOST_MB
    settings: Settings = field(default_factory=Settings)
    model: str = "digits"
    n_workers: int | None = None
    timeout_s: float | None = None
    is_quiet: bool = False
    is_verbose: bool = False


@dataclass(frozen=True, slots=True)
class ApiOptions(ServerOptions):
    """The options of the HTTP API; `is_verbose` prints a line for each request to read."""


@dataclass(frozen=True, slots=True)
class PageOptions(ServerOptions):
    """The options of the page in the browser, on another port; `is_verbose` prints a line whenever pages were read."""

    port: int = PAGE_PORT
