"""Records -> a stream, in one of the formats, page by page as they come."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TextIO

from pipeline.errors import OutputError
from pipeline.outputs.formats import Format
from pipeline.outputs.picture_keys import PICTURE_KEYS
from pipeline.outputs.records import Record

_NO_FACTS: Mapping[str, object] = MappingProxyType({})


class Report:
    """Writes results to a stream; used as a context manager, it writes what stands before and after the pages.

    Parameters
    ----------
    stream : where to write; it stays open
    format : one of `pipeline.outputs.formats.FORMATS`
    name : of the stream, for errors
    facts : about the run, by label, for the formats that show them
    """

    def __init__(
        self, stream: TextIO, format: Format, name: str = "output", facts: Mapping[str, object] = _NO_FACTS
    ) -> None:
        if format.writer is None:
            raise OutputError(f"{name}: {format.name} is no text", "name a file with --output")
        self._writer = format.writer
        self._stream, self._format, self._name, self._facts = stream, format, name, facts
        self._is_empty = True

    def __enter__(self) -> Report:
        self._write(self._writer.start(self._facts))
        return self

    def add(self, record: Record) -> None:
        """Write one page and flush it, so that a reader of the stream need not wait for the last page.

        Raises
        ------
        OutputError
            If it cannot be written, for example because the disk is full.
        BrokenPipeError
            If the reader of the stream has closed it.
        """
        if not self._format.has_pictures:
            record = {key: value for key, value in record.items() if key not in PICTURE_KEYS}
        self._write(self._writer.format_page(record, self._is_empty))
        self._is_empty = False

    def __exit__(self, failure: object, *_: object) -> None:
        if failure is None:
            self._write(self._writer.finish())

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"{self._name}: cannot be written ({error.strerror})") from error
