"""Plots for a model's card: history, confusion, samples, mistakes, reliability, risk by coverage.

Each function writes one PNG, small enough to be committed. None touches matplotlib's global state (no pyplot).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter
from numpy.typing import NDArray
from PIL import Image

from pipeline.errors import OutputError
from pipeline.types import SIDE_PX
from train.metrics import RISKS, Reliability, RiskCoverage

HISTORY_NAME, CONFUSION_NAME, SAMPLES_NAME = "history.png", "confusion.png", "samples.png"
MISTAKES_NAME, RELIABILITY_NAME, RISK_COVERAGE_NAME = "mistakes.png", "reliability.png", "risk-coverage.png"

N_COLUMNS, N_ROWS = 8, 4
"""Of a grid of digits."""

_DPI = 90
_RIGHT, _WRONG = "#1a7f37", "#c62828"
_COLORS = ("#1f5fa8", "#d9730d", "#2e8b57", "#8e44ad", "#777777", "#b8860b", "#00838f", "#c2185b")
_STYLES = ("-", "--")
_LEAST_IN_BIN = 20
"""Examples below which the accuracy of a bin is mostly luck: its standard error at a half is 11 points."""

_LONG_NAME = 4
"""Class names longer than this many letters get more room."""

_CAPTION_PX = 5
"""Height of a line of a caption, in px of the digits that it stands among."""

_N_PALETTE = 256
"""Colors of a PNG: text and lines look the same as with all of them, at half of the bytes."""


def plot_history(history: Sequence[Mapping[str, float]], path: Path, title: str) -> None:
    """Draw accuracy and loss per epoch, a panel each.

    `history` is what a run writes as history.json: a row per epoch with "epoch", "loss", and any of "val_loss",
    "accuracy", "val_accuracy", "..._accuracy", "junk_refused", "..._junk_refused", on non-digits.

    Raises
    ------
    OutputError : the file cannot be written
    """
    names = list(dict.fromkeys(name for row in history for name in row))
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    figure.suptitle(title)
    left, right = figure.subplots(1, 2)
    _draw_series(left, history, [name for name in names if name.endswith(("accuracy", "junk_refused"))])
    _draw_series(right, history, [name for name in names if name.endswith("loss")])
    left.set(xlabel="epoch", ylabel="share right")
    left.yaxis.set_major_formatter(PercentFormatter(xmax=1))
    right.set(xlabel="epoch", ylabel="loss")
    _save(figure, path)


def _draw_series(axes: Axes, history: Sequence[Mapping[str, float]], names: Sequence[str]) -> None:
    for name, color in zip(names, _cycle(_COLORS, len(names)), strict=True):
        rows = [row for row in history if name in row]
        epochs, values = [row["epoch"] for row in rows], [row[name] for row in rows]
        axes.plot(
            epochs, values, ".-", color=color, label=name.replace("junk", "non-digits").replace("_", " "), linewidth=1.4
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(alpha=0.3)
    if names:
        axes.legend(fontsize=8, frameon=False, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.16))


def _cycle(items: Sequence[str], n: int) -> list[str]:
    return [items[i % len(items)] for i in range(n)]


def plot_confusion(confusion: NDArray[np.int64], classes: Sequence[str], path: Path, title: str) -> None:
    """Draw the confusion matrix, int64 (K, K or K + 1), with its counts; `classes` names the columns.

    Only the mistakes are shaded.

    Raises
    ------
    OutputError : the file cannot be written
    """
    n_rows, n_columns = confusion.shape
    errors = confusion.copy()
    np.fill_diagonal(errors, 0)
    figure = Figure(figsize=(6.4, 5.8), layout="constrained")
    axes = figure.subplots()
    axes.imshow(errors, cmap="Reds", vmin=0, vmax=max(1, int(errors.max())))
    for (row, column), count in np.ndenumerate(confusion):
        if count:
            is_dark = 2 * errors[row, column] > errors.max()
            color = "white" if is_dark else _RIGHT if row == column else "black"
            axes.text(column, row, str(count), ha="center", va="center", fontsize=8, color=color)
    turn = 90 if _has_long(classes) else 0
    axes.set_xticks(range(n_columns), [_shorten(name) for name in classes], rotation=turn)
    axes.set_yticks(range(n_rows), [_shorten(name) for name in classes[:n_rows]])
    axes.set(xlabel="predicted", ylabel="true", title=title)
    _save(figure, path)


def plot_samples(
    images: NDArray[np.float32],
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float32],
    classes: Sequence[str],
    path: Path,
    title: str,
) -> None:
    """Draw 32 examples, evenly from all, each with the predicted class and its confidence; green right, red wrong.

    `images` is float32 (N, 28, 28, 1), 0 paper .. 1 ink; `labels` int64 (N,); `probabilities` float32 (N, columns);
    `classes` names the columns.

    Raises
    ------
    OutputError : the file cannot be written
    """
    chosen = np.linspace(0, len(labels) - 1, min(len(labels), N_COLUMNS * N_ROWS)).astype(int)
    taken, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    captions = [f"{_shorten(classes[taken[i]])}  {_format_percent(confidence[i])}" for i in chosen]
    colors = [_RIGHT if taken[i] == labels[i] else _WRONG for i in chosen]
    _save(_draw_grid(images[chosen], captions, colors, title), path)


def plot_mistakes(
    images: NDArray[np.float32],
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float32],
    classes: Sequence[str],
    path: Path,
    title: str,
) -> None:
    """Draw the 32 worst mistakes, the most confident first: true class -> predicted class, and its confidence.

    The arguments are those of `plot_samples`.

    Raises
    ------
    OutputError : the file cannot be written
    """
    chosen = find_mistakes(labels, probabilities)[: N_COLUMNS * N_ROWS]
    taken, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    part = "\n" if _has_long(classes) else " "
    captions = [
        f"{_shorten(classes[labels[i]])}{part}→ {_shorten(classes[taken[i]])}  {_format_percent(confidence[i])}"
        for i in chosen
    ]
    _save(_draw_grid(images[chosen], captions, [_WRONG] * len(chosen), title), path)


def find_mistakes(labels: NDArray[np.int64], probabilities: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the rows whose likeliest class is not the true one, int64 (M,), the most confident first."""
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    return wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")]


def _draw_grid(images: NDArray[np.float32], captions: Sequence[str], colors: Sequence[str], title: str) -> Figure:
    """Return a figure of `images` side by side, eight to a row, with a caption above each.

    All stand on one pair of axes, in px of the images: a pair for each takes seconds to lay out.
    """
    n_rows = max(1, math.ceil(len(images) / N_COLUMNS))
    n_lines = 1 + max((caption.count("\n") for caption in captions), default=0)
    width_px, height_px = SIDE_PX + 2, SIDE_PX + 1 + _CAPTION_PX * n_lines
    size = (N_COLUMNS * width_px, n_rows * height_px)
    figure = Figure(figsize=(9, 0.35 + 9 * size[1] / size[0]))
    figure.suptitle(title if len(images) else f"{title}: none", y=0.99, va="top")
    axes = figure.add_axes((0, 0, 1, 9 * size[1] / size[0] / figure.get_figheight()))
    axes.set_axis_off()
    for i, (image, caption, color) in enumerate(zip(images, captions, colors, strict=True)):
        left, bottom = i % N_COLUMNS * width_px + 1, (i // N_COLUMNS + 1) * height_px - 1
        corners = (left, left + SIDE_PX, bottom, bottom - SIDE_PX)
        axes.imshow(image[..., 0], cmap="gray_r", vmin=0, vmax=1, extent=corners)
        axes.add_patch(Rectangle((left, bottom - SIDE_PX), SIDE_PX, SIDE_PX, fill=False, edgecolor="#dddddd"))
        middle, top = left + SIDE_PX / 2, bottom - SIDE_PX - 0.7
        axes.text(middle, top, caption, fontsize=8, color=color, ha="center", va="bottom")
    axes.set(xlim=(0, size[0]), ylim=(size[1], 0))
    return figure


def plot_reliability(curves: Mapping[str, Reliability], path: Path, title: str) -> None:
    """Draw accuracy by confidence for each named curve, beside the diagonal where both agree; below, the counts.

    Bins with too few examples are faint dots.

    Raises
    ------
    OutputError : the file cannot be written
    """
    figure = Figure(figsize=(5.4, 5.8), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    above.plot([0, 1], [0, 1], color="#999999", linewidth=1, linestyle=":", label="confidence = accuracy")
    for (name, curve), color in zip(curves.items(), _cycle(_COLORS, len(curves)), strict=True):
        is_sure = curve.n_examples >= _LEAST_IN_BIN
        above.plot(curve.confidence[is_sure], curve.accuracy[is_sure], ".-", color=color, label=name)
        above.plot(curve.confidence[~is_sure], curve.accuracy[~is_sure], ".", color=color, alpha=0.3)
        edges = np.linspace(0, 1, len(curve.n_examples) + 1)
        below.stairs(curve.n_examples, edges, color=color)
    above.set(ylabel="accuracy", xlim=(0, 1), ylim=(-0.02, 1.02), title=title)
    above.legend(fontsize=8, loc="upper left")
    below.set(xlabel="confidence", ylabel="examples", yscale="log")
    below.set_ylim(bottom=0.7)
    for axes in (above, below):
        axes.grid(alpha=0.3)
    _save(figure, path)


def plot_risk_coverage(curves: Mapping[str, RiskCoverage], path: Path, title: str) -> None:
    """Draw for each named curve the share of wrong ones among the accepted by the share accepted.

    Raises
    ------
    OutputError : the file cannot be written
    """
    figure = Figure(figsize=(6.4, 4.2 + 0.17 * len(curves)), layout="constrained")
    axes = figure.subplots()
    colors, styles = _cycle(_COLORS, len(curves)), _cycle(_STYLES, len(curves))
    for (name, curve), color, style in zip(curves.items(), colors, styles, strict=True):
        label = f"{name} (area {curve.aurc:.5f})"
        axes.plot(curve.coverage, curve.risk, style, color=color, label=label, linewidth=1.4)
    for risk in RISKS.values():
        axes.axhline(risk, color="#999999", linewidth=0.8, linestyle=":")
    axes.set(xlabel="coverage: share accepted", ylabel="risk: share of the accepted that is wrong", title=title)
    axes.set(xlim=(0, 1.01), ylim=(0, 1.1 * max([0.01, *(float(curve.risk[-1]) for curve in curves.values())])))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(xmax=1))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.13))
    _save(figure, path)


def _has_long(classes: Sequence[str]) -> bool:
    return any(len(_shorten(name)) > _LONG_NAME for name in classes)


def _shorten(name: str) -> str:
    return "none" if name == "not a digit" else name if len(name) <= 11 else name[:10] + "…"


def _format_percent(share: Any) -> str:
    """Return a share in percent, never rounded up to sure."""
    percent = 100 * float(share)
    return f"{percent:.0f} %" if percent < 98.5 else f"{min(percent, 99.9):.1f} %"


def _save(figure: Figure, path: Path) -> None:
    rendered = BytesIO()
    figure.savefig(rendered, dpi=_DPI, format="png")
    try:
        # Median cut, Pillow's default, would lose the one red caption among green ones.
        drawn = Image.open(rendered).convert("RGB")
        drawn = drawn.quantize(_N_PALETTE, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
        drawn.save(path, optimize=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error})") from error
