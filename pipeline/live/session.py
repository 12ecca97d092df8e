"""A live run: frames of a camera or a video in; confirmed numbers out, as JSON lines and in a window."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TextIO

import numpy as np

from pipeline.errors import InputError, OutputError
from pipeline.live.events import make_live_record, name_file, print_line, save_snapshot
from pipeline.live.frame_grabber import FrameGrabber
from pipeline.live.frame_reader import LiveReader, LiveReading, make_live_settings
from pipeline.live.options import LiveOptions
from pipeline.live.overlay import Figures
from pipeline.live.recorder import SUFFIX, Recorder
from pipeline.live.video_source import CameraRequest, VideoSource
from pipeline.live.window import Window, WindowState, check_display, compose
from pipeline.outputs.overwriting import check_replaceable, check_sources_are_kept
from pipeline.recognition.classify import list_model_files, load_classifier
from pipeline.system.files import convert_write_errors, make_folder, open_at_once
from pipeline.system.terminal import print_message

_MOST_LATENCIES = 20_000
"""The summary covers at most this many latest frames, which bounds the memory."""

_WAIT_S = 0.05
_PACE_FRAMES = 30
_MESSAGE_S = 2.5


def run(options: LiveOptions) -> int:
    """Read a camera or a video until it ends, or the user ends it; return the exit code: 1 if frames were damaged.

    Raises
    ------
    UsageError, DisplayError, SourceError, OutputError, ModelError
        As their names say; whatever can be known to fail is tried first.
    """
    _check_outputs(options)
    if not options.is_headless:
        check_display()
    settings = make_live_settings(options.settings)
    folder = make_folder(options.snapshots) if options.snapshots else Path()
    classifier = load_classifier(options.model)
    reader = LiveReader(classifier, settings, options.source, options.region)
    for note in () if options.is_quiet else classifier.notes:
        print(note, file=sys.stderr)
    reader.warm_up()
    source, request = VideoSource.parse(options.source), CameraRequest(options.size_px, options.fps)
    with ExitStack() as stack:
        results = stack.enter_context(_open_results(options))
        state = WindowState(options.region, options.is_mirrored, options.recording is not None)
        window = None if options.is_headless else stack.enter_context(Window(state))
        lost_after_s = settings.track.lost_after_s
        grabber = stack.enter_context(FrameGrabber(source, request, options.has_every_frame, lost_after_s=lost_after_s))
        session = Session(reader, grabber, state, window, folder, results)
        stack.enter_context(session)
        if options.recording:
            session.begin_recording(options.recording)
        try:
            session.run(options.most_s)
        finally:
            if not options.is_quiet:
                print_message(*session.summarize(options.is_verbose))
        places = [options.output, options.recording]
        if not options.is_quiet:
            print_message(*(f"written: {path}" for path in places if path))
        return _report_damage(grabber)


@contextmanager
def _open_results(options: LiveOptions) -> Iterator[tuple[TextIO | None, str]]:
    """Yield the stream for the confirmed numbers, and its name; None for a window that was started without stdout."""
    if options.output is None:
        if sys.stdout is None and options.is_headless:
            raise OutputError("standard output: cannot be written (it is closed)", "name a file with --output")
        yield sys.stdout, "standard output"
        return
    with convert_write_errors(options.output):
        stream = os.fdopen(open_at_once(options.output), "w", encoding="utf-8")
    try:
        yield stream, str(options.output)
    finally:
        with convert_write_errors(options.output):
            stream.close()


def _report_damage(grabber: FrameGrabber) -> int:
    """Say how many frames could not be decoded; return the exit code."""
    n = grabber.n_damaged
    if not n:
        return 0
    what = "1 frame could" if n == 1 else f"{n:,} frames could"
    print_message(f"error: {grabber.source.name}: {what} not be decoded; the others were read")
    return InputError.exit_code


def _check_outputs(options: LiveOptions) -> None:
    """Raise UsageError if an output would overwrite a file that is read, or one that is no result of this program."""
    named = [("--output", options.output), ("--record", options.recording)]
    outputs = [(flag, path) for flag, path in named if path]
    name = options.source.removeprefix("file://")
    sources: list[tuple[str, str | Path]] = [("the video that is read", name)]
    sources += [("the settings file", options.settings_file)] if options.settings_file else []
    sources += [("a file of the model", file) for file in list_model_files(options.model)]
    check_sources_are_kept(outputs, sources)
    if not options.is_forced:
        check_replaceable(outputs)


class Session:
    """One live run; used as a context manager, it finishes the recording.

    Parameters
    ----------
    reader : of the frames
    grabber : of the frames
    state : of the window
    window : None for a headless run
    folder : for snapshots
    results : stream for the confirmed numbers, and its name; no stream where nobody wants them
    """

    def __init__(
        self,
        reader: LiveReader,
        grabber: FrameGrabber,
        state: WindowState,
        window: Window | None,
        folder: Path,
        results: tuple[TextIO | None, str],
    ) -> None:
        self._reader, self._grabber, self._state, self._window = reader, grabber, state, window
        self._folder, self._results = folder, results
        self._recorder: Recorder | None = None
        self._path: Path | None = None
        self._start = perf_counter()
        self._latencies_s: deque[float] = deque(maxlen=_MOST_LATENCIES)
        self._done_s: deque[float] = deque(maxlen=_PACE_FRAMES)
        self._total_s: dict[str, float] = {}
        self._message, self._reported = ("", 0.0), ""
        self.n_read = self.n_confirmed = 0

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._end_recording()

    def begin_recording(self, path: Path) -> None:
        """Write the shown pictures to a video from now on; raises as `Recorder` does."""
        self._recorder, self._path = Recorder(path, self._grabber.fps), path

    def run(self, most_s: float | None) -> None:
        """Read frames until the source ends, the user ends the run, or `most_s` seconds of video are over."""
        last: LiveReading | None = None
        while not self._state.has_ended:
            frame = None if self._state.is_frozen else self._grabber.take(_WAIT_S)
            if frame is not None:
                last = self._read(self._reader.read(frame, self._state.has_stages))
            elif self._grabber.is_over and not self._state.is_frozen:
                return
            self._report_trouble()
            self._show(last, frame is not None)
            if most_s is not None and self._measure_time(last) >= most_s:
                return

    def _measure_time(self, last: LiveReading | None) -> float:
        """Return the seconds of video that are over; for a camera those by the clock, as it may be lost."""
        if self._grabber.is_endless or last is None:
            return perf_counter() - self._start
        return last.frame.time_s + 1 / self._grabber.fps

    def _read(self, reading: LiveReading) -> LiveReading:
        """Count a frame, and print the numbers that it confirms."""
        self.n_read += 1
        self.n_confirmed += len(reading.confirmed)
        self._latencies_s.append(reading.latency_s)
        self._done_s.append(perf_counter())
        for stage, seconds in reading.seconds.items():
            self._total_s[stage] = self._total_s.get(stage, 0.0) + seconds
        stream, name = self._results
        for confirmed in reading.confirmed:
            if stream is not None:
                print_line(make_live_record(confirmed, self._grabber.source.name), stream, name)
        return reading

    def _show(self, reading: LiveReading | None, is_new: bool) -> None:
        """Show and record the reading, and apply the choices made at the window."""
        if reading is None or (self._window is None and not (self._recorder and is_new)):
            return
        canvas = compose(reading, self._state, self._make_figures(), self._choose_message())
        if self._recorder and is_new:
            self._recorder.add(canvas, reading.frame.time_s)
        if self._window is None:
            return
        self._window.show(canvas)
        self._window.handle_events(1 if is_new else round(1000 * _WAIT_S))
        self._reader.region = self._state.region
        self._switch_recording()
        if self._state.has_snapshot_request:
            self._state.has_snapshot_request = False
            self._show_message(f"saved {self._save(reading)}")

    def _save(self, reading: LiveReading) -> Path:
        """Write a snapshot; return the picture's path."""
        plain = replace(self._state, has_help=False, dragged=None)
        picture = compose(reading, plain, self._make_figures())
        return save_snapshot(picture, reading, self._folder, self._grabber.source.name)

    def _switch_recording(self) -> None:
        if self._state.is_recording and self._recorder is None:
            self.begin_recording(self._path if self._path and not self._path.exists() else name_file("live", SUFFIX))
            self._show_message(f"recording {self._path}")
        elif not self._state.is_recording and self._recorder is not None:
            self._end_recording()
            self._show_message(f"recorded {self._path}")

    def _end_recording(self) -> None:
        if self._recorder is not None:
            self._recorder.close()
            self._recorder = None

    def _make_figures(self) -> Figures:
        duration_s = self._done_s[-1] - self._done_s[0] if len(self._done_s) > 1 else 0.0
        fps = (len(self._done_s) - 1) / duration_s if duration_s else 0.0
        latency_ms = 1000 * float(np.median(list(self._latencies_s)[-_PACE_FRAMES:])) if self._latencies_s else 0.0
        return Figures(fps, latency_ms, self._grabber.n_skipped)

    def _show_message(self, message: str) -> None:
        self._message = (message, perf_counter())

    def _choose_message(self) -> str:
        text, since = self._message
        return self._grabber.trouble or (text if perf_counter() - since < _MESSAGE_S else "")

    def _report_trouble(self) -> None:
        """Print on stderr, once each, that the source has a problem and that it is back."""
        trouble = self._grabber.trouble
        if trouble != self._reported:
            print_message(trouble or f"{self._grabber.source.name} is back")
            self._reported = trouble

    def summarize(self, is_verbose: bool = False) -> list[str]:
        """Return the lines of the summary."""
        n = self.n_read
        pace = f" ({n / (perf_counter() - self._start):.1f}/s)" if n else ""
        lines = [
            f"{n} {'frame' if n == 1 else 'frames'} read{pace}, {self._grabber.n_skipped} skipped; "
            f"{self.n_confirmed} {'number' if self.n_confirmed == 1 else 'numbers'} confirmed"
        ]
        if self._latencies_s:
            median, late = 1000 * np.percentile(np.array(self._latencies_s), [50, 95])
            lines.append(f"from grab to result: {median:.0f} ms at the median, {late:.0f} ms at the 95th percentile")
        if is_verbose and n:
            stages = ", ".join(f"{stage} {1000 * total_s / n:.1f}" for stage, total_s in self._total_s.items())
            lines.append(f"ms a frame: {stages}")
        return lines
