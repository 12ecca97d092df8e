"""Accuracy and speed of live reading: `python -m tests.bench.bench_live --accuracy DIR` or `--speed --minutes 10`.

DIR holds the videos and truth.json of `python -m train videos`. Speed is measured in real time on a video that begins
anew when it ends (one of DIR with --video; else one that is drawn), beside the bare grab loop in the same run.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import cv2
import numpy as np

from pipeline import load_classifier
from pipeline.cli import main as run_program
from pipeline.live.frame_grabber import FrameGrabber
from pipeline.live.frame_reader import LiveReader, make_live_settings
from pipeline.live.video_source import CameraRequest, Capture, VideoSource, open_capture
from pipeline.settings.tree import Settings

SOON_S = 0.7
SHOWN_S = 1.0
_EARLY_S, _LATE_S = 0.2, 0.5
"""A report that comes so long before or after a number's stay may still be of it."""

_OVERLAP = 0.5
"""Share of the smaller box that a report shares with a number in order to be of it."""

Truth = dict[str, Any]
Report = dict[str, Any]


@dataclass(slots=True)
class Score:
    """Counts of a video, or of many."""

    shown: int = 0
    confirmed: int = 0
    soon: int = 0
    right: int = 0
    doubles: int = 0
    false: int = 0
    waits_s: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        """Add another's counts."""
        for name in ("shown", "confirmed", "soon", "right", "doubles", "false"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.waits_s += other.waits_s

    @property
    def n_faults(self) -> int:
        """What is not as it should be."""
        return 2 * self.shown - self.soon - self.right + self.doubles + self.false


def read_video(path: Path) -> list[Report]:
    """Return the JSON lines that the program prints for a video of which it reads every frame."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run_program(["--webcam", str(path), "--headless", "--every-frame"])
    if code:
        raise SystemExit(f"{path}: exit code {code}\n{err.getvalue()}")
    return [json.loads(line) for line in out.getvalue().splitlines()]


def score_video(numbers: list[Truth], reports: list[Report]) -> Score:
    """Return the counts of one video: each report goes to the number that it is of, or is false."""
    score, of = Score(), [[] for _ in numbers]
    for report in reports:
        at = find_number(numbers, report)
        if at is None:
            score.false += 1
            score.notes.append(f"false {report['text']} at {report['time_s']:.2f}")
        else:
            of[at].append(report)
    for number, own in zip(numbers, of, strict=True):
        score_number(score, number, own)
    return score


def score_number(score: Score, number: Truth, reports: list[Report]) -> None:
    """Count one number and the reports of it, in order; it is right where none of them says anything else."""
    text, seconds = number["text"], number["to_s"] - number["from_s"]
    texts = [report["text"] for report in reports]
    repeated = len(texts) - len(set(texts))
    score.doubles += repeated
    if repeated:
        score.notes.append(f"{text} twice: {', '.join(texts)}")
    if seconds < SHOWN_S:
        return
    score.shown += 1
    if not reports:
        score.notes.append(f"{text} never")
        return
    wait_s = reports[0]["time_s"] - number["from_s"]
    score.confirmed += 1
    score.soon += wait_s <= SOON_S
    score.right += set(texts) == {text}
    score.waits_s.append(wait_s)
    if wait_s > SOON_S:
        score.notes.append(f"{text} after {wait_s:.2f} s")
    if set(texts) != {text}:
        score.notes.append(f"{text} as {', then '.join(texts)}")


def find_number(numbers: list[Truth], report: Report) -> int | None:
    """Return which number a report is of: one of its text on show about then, else one whose place it shares."""
    time_s, best, found = report["time_s"], _OVERLAP, None
    near = [i for i, n in enumerate(numbers) if n["from_s"] - _EARLY_S <= time_s <= n["to_s"] + _LATE_S]
    for i in near:
        if numbers[i]["text"] == report["text"]:
            return i
    for i in near:
        if numbers[i]["from_s"] <= time_s:
            box = min(numbers[i]["path"], key=lambda place: abs(place[0] - time_s))[1:]
            share = share_boxes(box, report["box"])
            if share >= best:
                best, found = share, i
    return found


def share_boxes(one: list[int], other: list[int]) -> float:
    """Return how much of the smaller of two boxes the other covers."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in (one, other)]
    return max(0, width) * max(0, height) / max(1, min(areas))


def print_accuracy(folder: Path) -> None:
    """Print a Markdown table of the videos of a folder, their totals, and the worst by name."""
    entries = json.loads((folder / "truth.json").read_text("utf-8"))
    print("| video | shown 1 s | confirmed | within 0.7 s | right | doubles | false | notes |")
    print("|---|---|---|---|---|---|---|---|")
    scores, total, bare = {}, Score(), Score()
    for entry in entries:
        score = scores[entry["file"]] = score_video(entry["numbers"], read_video(folder / entry["file"]))
        counts = (score.shown, score.confirmed, score.soon, score.right, score.doubles, score.false)
        print(f"| {entry['file']} | {' | '.join(map(str, counts))} | {'; '.join(score.notes)} |", flush=True)
        (total if entry["numbers"] else bare).add(score)
    n_with = sum(bool(entry["numbers"]) for entry in entries)
    print(f"\n{total.shown} numbers shown for {SHOWN_S:g} s or longer, in {n_with} videos")
    shares = [
        (f"confirmed within {SOON_S:g} s", total.soon, total.shown),
        ("confirmed at all", total.confirmed, total.shown),
        ("right and nothing else, among the confirmed", total.right, total.confirmed),
    ]
    for name, part, whole in shares:
        print(f"{name}: {part} of {whole}, {100 * part / max(1, whole):.1f} %")
    if total.waits_s:
        print("wait, s: median {:.2f}, 95 % {:.2f}, most {:.2f}".format(*np.percentile(total.waits_s, [50, 95, 100])))
    print(f"doubles: {total.doubles}; false where there are digits: {total.false}")
    print(f"false in the {len(entries) - n_with} videos without digits: {bare.false}")
    worst = sorted((name for name in scores if scores[name].n_faults), key=lambda name: -scores[name].n_faults)
    print("worst:", ", ".join(f"{name} ({scores[name].n_faults})" for name in worst[:5]) or "none")


class Looping:
    """A video that begins anew when it ends."""

    def __init__(self, source: VideoSource, request: CameraRequest) -> None:
        self._capture = open_capture(source, request)

    def isOpened(self) -> bool:  # noqa: N802
        return self._capture.isOpened()

    def read(self) -> tuple[bool, Any]:
        found = self._capture.read()
        if not found[0]:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)  # type: ignore[attr-defined]
            found = self._capture.read()
        return found

    def get(self, what: int) -> float:
        return self._capture.get(what)

    def release(self) -> None:
        self._capture.release()


def open_looping(source: VideoSource, request: CameraRequest) -> Capture:
    """Return a capture that never ends."""
    return Looping(source, request)


def measure_rss_mb() -> float:
    """Return the memory that this process holds, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def time_bare_grabs(path: Path, n: int = 300) -> list[float]:
    """Return the seconds of each of n bare `cv2.VideoCapture.read` calls."""
    capture, seconds = Looping(VideoSource.parse(str(path)), CameraRequest()), []
    for _ in range(n):
        start = perf_counter()
        capture.read()
        seconds.append(perf_counter() - start)
    capture.release()
    return seconds


def print_row(name: str, seconds: list[float], base: float) -> None:
    """Print median, 95th percentile and the median's ratio to `base`."""
    median, late = np.percentile(seconds, [50, 95])
    print(f"{name:34}{1e3 * median:11.1f}{1e3 * late:11.1f}{median / base:9.1f}")


def measure_speed(path: Path, minutes: float) -> tuple[float, list[float]]:
    """Print how a video is read in real time for so long; return the frames read per second of video, and latencies."""
    size = [int(cv2.VideoCapture(str(path)).get(key)) for key in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)]
    reader = LiveReader(load_classifier(), make_live_settings(Settings()), str(path))
    reader.warm_up()
    load = os.getloadavg()[0]
    bare_s = time_bare_grabs(path)
    latencies_s: list[float] = []
    memory: list[tuple[float, float]] = []
    with FrameGrabber(VideoSource.parse(str(path)), open_source=open_looping) as grabber:
        start = perf_counter()
        while (now := perf_counter() - start) < 60 * minutes:
            frame = grabber.take(0.05)
            if frame is not None:
                latencies_s.append(reader.read(frame).latency_s)
            if len(latencies_s) >= 30 and (not memory or now - memory[-1][0] >= 5):
                memory.append((now, measure_rss_mb()))
        n_grabbed, n_skipped, fps = grabber.n_grabbed, grabber.n_skipped, grabber.fps
    bare_s += time_bare_grabs(path)
    print(f"{path.name}: {size[0]}x{size[1]}, {fps:g} frames a second, read in real time for {minutes:g} min")
    print(f"load average {load:.1f} before, {os.getloadavg()[0]:.1f} after, on {os.cpu_count()} cores")
    pace = len(latencies_s) * fps / max(1, n_grabbed)
    print(f"{pace:.1f} frames read per second of video; {n_skipped} of {n_grabbed} skipped")
    print(f"{'':34}{'median ms':>11}{'95 % ms':>11}{'ratio':>9}")
    base = float(np.median(bare_s))
    print_row("from grab to result", latencies_s, base)
    print_row("bare cv2.VideoCapture.read", bare_s, base)
    half = [mb for at, mb in memory if at >= memory[-1][0] / 2]
    print(f"memory, MB: {memory[0][1]:.0f} at the start, {memory[-1][1]:.0f} at the end,", end=" ")
    print(f"{max(half) - min(half):.1f} apart in the second half")
    return pace, latencies_s


def measure_speeds(paths: list[Path], minutes: float) -> None:
    """Print how each video is read in real time for so long, and what they come to together."""
    read = [measure_speed(path, minutes) for path in paths]
    if len(read) > 1:
        median, late = 1e3 * np.percentile(np.concatenate([latencies_s for _, latencies_s in read]), [50, 95])
        paces = [pace for pace, _ in read]
        print(f"\n{len(read)} videos: {np.mean(paces):.1f} frames read per second of video, least {min(paces):.1f};")
        print(f"from grab to result {median:.1f} ms at the median, {late:.1f} ms at the 95th percentile")


def draw_video(folder: Path) -> Path:
    """Return a video of two numbers on a page in the hand, drawn into `folder`."""
    from train.synthesis.handwriting.writers import gather_writers
    from train.synthesis.negatives.pages import find_prose_fonts
    from train.synthesis.videos.write_videos import film_video, write_video

    path = folder / "steady.mp4"
    write_video(film_video(gather_writers(None, 1, True), find_prose_fonts(), 1, 0, kind="steady")[1], path)
    return path


def main(arguments: list[str] | None = None) -> None:
    """Measure accuracy, or speed, or both."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.bench_live", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--accuracy", type=Path, metavar="DIR", help="read the videos of DIR")
    parser.add_argument("--speed", action="store_true", help="read a video in real time")
    parser.add_argument("--minutes", type=float, default=1, metavar="M", help="each for so long (%(default)s)")
    parser.add_argument("--video", type=Path, nargs="+", help="read these in real time; one is drawn if not given")
    args = parser.parse_args(arguments)
    if not (args.accuracy or args.speed):
        parser.error("expected --accuracy DIR, --speed or both")
    if args.accuracy:
        print_accuracy(args.accuracy)
    if args.speed:
        with tempfile.TemporaryDirectory() as folder:
            measure_speeds(args.video or [draw_video(Path(folder))], args.minutes)


if __name__ == "__main__":
    main()
