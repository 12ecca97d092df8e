"""Pages of words without a digit: printed prose, handwriting, crossed-out writing.

A page is a sheet as in `train.synthesis.photos.gray_paper`: float32 (H, W), linear reflectance.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from train.synthesis.handwriting.letters import draw_script, write_words
from train.synthesis.handwriting.strokes import Track, stamp_ink
from train.synthesis.photos.gray_paper import Gray, draw_grain, make_surface

_WORDS = (
    "the of and to in is that it was for on are as with his they at be this from have or by one had not but what all "
    "were when we there can an your which their said if do will each about how up out them then she many some so these "
    "would other into has more her like him time look two write go see number no way could people my than first water "
    "been call who oil its now find long down day did get come made may part garden window letter yellow bicycle quiet "
    "evening mountain river almost question wooden summer kitchen although neighbor listen journey silver through "
    "Boston Ludwig Zoe Sally Ireland Olga Bill Illinois Oslo solo loss soil bell hill silly gloss zeal jazz"
)
_GERMAN = (
    "der die das und nicht mit sich auf für ist im dem auch es an werden aus er hat dass sie nach wird bei einer um am "
    "sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde sei Straße "
    "Größe Übung Öl Haus Fenster Brief Abend Gärten schließlich"
)


def compose_sentence(rng: np.random.Generator, words: str = _WORDS) -> str:
    """Return words in a row that look like a sentence, with its signs and without any digit."""
    chosen = [str(word) for word in rng.choice(words.split(), int(rng.integers(4, 16)))]
    for i in range(1, len(chosen) - 1):
        chance = rng.random()
        if chance < 0.1:
            chosen[i] += ","
        elif chance < 0.16:
            chosen[i] = str(rng.choice(["“{}”", "({})", "{};", "{}:", "{} –", "{}’s", "‘{}’"])).format(chosen[i])
    chosen[0] = chosen[0][:1].upper() + chosen[0][1:]
    return " ".join(chosen) + str(rng.choice([".", ".", ".", "!", "?", "…"]))


def draw_prose(size_px: tuple[int, int], fonts: list[Path], rng: np.random.Generator) -> Gray:
    """Return a printed page (W, H in `size_px`): one column or two, a heading at times, ragged or justified."""
    width, height = size_px
    letter_px = float(np.exp(rng.uniform(np.log(11), np.log(44))))
    font = ImageFont.truetype(str(rng.choice([str(path) for path in fonts])), round(letter_px))
    picture = Image.new("L", size_px)
    pen = ImageDraw.Draw(picture)
    margin = round(width * rng.uniform(0.03, 0.14))
    top = round(height * rng.uniform(-0.05, 0.12))
    words = _GERMAN if rng.random() < 0.25 else _WORDS
    if rng.random() < 0.4:
        heading = font.font_variant(size=round(letter_px * rng.uniform(1.2, 2.2)))
        pen.text((margin, top), " ".join(rng.choice(words.split(), 3)).capitalize(), fill=255, font=heading)
        top += round(heading.size * 1.8)
    n_columns = 2 if letter_px < 0.035 * width and rng.random() < 0.5 else 1
    column = (width - 2 * margin - (n_columns - 1) * margin // 2) // n_columns
    column = column if n_columns > 1 else round(column * rng.uniform(0.6, 1.05))
    leading, is_justified = letter_px * rng.uniform(1.15, 1.7), rng.random() < 0.5
    for at in range(n_columns):
        left, y = margin + at * (column + margin // 2), float(top)
        while y < height:
            y = _set_paragraph(pen, font, words, (left, y, column, height), leading, is_justified, rng)
    sheet = make_surface(str(rng.choice(["plain", "plain", "crumpled"])), size_px, letter_px, np.zeros(0), rng)
    return _print(sheet, _measure_coverage(picture), rng.uniform(0.02, 0.3))


def _set_paragraph(
    pen: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont,
    words: str,
    frame: tuple[int, float, int, int],
    leading: float,
    is_justified: bool,
    rng: np.random.Generator,
) -> float:
    """Set a paragraph into a frame of left, top, width, bottom; return the y of the next one."""
    left, y, column, bottom = frame
    queue = " ".join(compose_sentence(rng, words) for _ in range(int(rng.integers(2, 7)))).split()
    space = font.getlength(" ")
    while queue and y < bottom:
        line: list[str] = []
        used = 0.0
        while queue and (not line or used + font.getlength(queue[0]) < column):
            used += font.getlength(queue[0]) + space
            line.append(queue.pop(0))
        gap = space + (column - used) / max(1, len(line) - 1) if is_justified and queue else space
        x = float(left)
        for word in line:
            pen.text((x, y), word, fill=255, font=font)
            x += font.getlength(word) + gap
        y += leading
    return y + leading * float(rng.choice([0.0, 0.5, 1.0]))


def draw_handwriting(size_px: tuple[int, int], fonts: list[Path], rng: np.random.Generator) -> Gray:
    """Return a page of handwritten lines on plain, ruled or squared paper."""
    height_px, rows = _space_lines(size_px, rng)
    surface = str(rng.choice(["plain", "ruled", "squared", "whiteboard"], p=[0.4, 0.35, 0.15, 0.1]))
    sheet = make_surface(surface, size_px, height_px, rows, rng)
    tracks = [track for line in _write_lines(size_px, height_px, rows, rng) for track in line]
    return ink_tracks(sheet, tracks, max(1.0, 0.05 * height_px * rng.uniform(0.7, 1.8)), rng)


def draw_crossed_out(size_px: tuple[int, int], fonts: list[Path], rng: np.random.Generator) -> Gray:
    """Return handwritten lines of which some or all are struck through, once, crosswise or with a zigzag."""
    height_px, rows = _space_lines(size_px, rng)
    sheet = make_surface(str(rng.choice(["plain", "ruled"])), size_px, height_px, rows, rng)
    tracks: list[Track] = []
    share = rng.uniform(0.4, 1.0)
    for line in _write_lines(size_px, height_px, rows, rng):
        tracks += line
        if line and rng.random() < share:
            ends = np.concatenate(line)
            tracks.append(_strike(ends[:, :2].min(axis=0), ends[:, :2].max(axis=0), height_px, rng))
    return ink_tracks(sheet, tracks, max(1.0, 0.05 * height_px * rng.uniform(0.8, 1.8)), rng)


def _strike(low: NDArray[np.float64], high: NDArray[np.float64], height_px: float, rng: np.random.Generator) -> Track:
    """Return what a pen draws over the writing between two corners: a line, or a zigzag."""
    n = int(rng.choice([2, 4])) if rng.random() < 0.4 else max(4, int((high[0] - low[0]) / (0.4 * height_px)))
    y = np.full(n, (low[1] + high[1]) / 2) + rng.normal(0, 0.06 * height_px, n)
    if n > 2:
        y += np.where(np.arange(n) % 2, 1, -1) * (high[1] - low[1]) * rng.uniform(0.2, 0.5)
    x = np.linspace(low[0], high[0], n) + rng.normal(0, 0.1 * height_px, n)
    return np.column_stack([x, y, np.ones(n)])


def _space_lines(size_px: tuple[int, int], rng: np.random.Generator) -> tuple[float, NDArray[np.float64]]:
    """Return the height of tall letters and the baselines, px."""
    height_px = float(np.exp(rng.uniform(np.log(26), np.log(80))))
    return height_px, np.arange(1.5 * height_px, size_px[1], height_px * rng.uniform(1.5, 2.2))


def _write_lines(
    size_px: tuple[int, int], height_px: float, rows: NDArray[np.float64], rng: np.random.Generator
) -> list[list[Track]]:
    """Return the tracks of each line, px of the sheet; lines rise or fall a little and end where the sheet does."""
    script, slope = draw_script(rng), rng.normal(0, 0.012)
    left = size_px[0] * rng.uniform(0.03, 0.15)
    lines = []
    for y in rows:
        tracks = write_words(compose_sentence(rng), script, height_px, rng)
        end = size_px[0] * rng.uniform(0.75, 1.0)
        placed = [track + [left, y, 0.0] for track in tracks]
        lines.append([track + slope * _level(track) for track in placed if track[:, 0].max() < end])
    return lines


def _level(track: Track) -> Track:
    return np.column_stack([np.zeros(len(track)), track[:, 0], np.zeros(len(track))])


def ink_tracks(sheet: Gray, tracks: list[Track], width_px: float, rng: np.random.Generator) -> Gray:
    """Return `sheet` with pen tracks on it: ballpoint, pencil or felt pen; chalk where the sheet is dark."""
    coverage = np.zeros(sheet.shape, np.float32)
    stamp_ink(coverage, tracks, width_px)
    tooth = rng.uniform(0, 0.4)
    rough = draw_grain((sheet.shape[1], sheet.shape[0]), rng.uniform(1.0, 2.5), rng)
    share = coverage * np.clip(1 - tooth * (0.3 + 0.5 * rough), 0, 1) * rng.uniform(0.7, 1.0)
    return _print(sheet, np.clip(share, 0, 1), 0.75 if sheet.mean() < 0.2 else rng.uniform(0.03, 0.25))


def set_label(sheet: Gray, text: str, at_px: tuple[float, float], font: Path, letter_px: float, level: float) -> None:
    """Print one line of text in place, its upper left corner at `at_px`."""
    picture = Image.new("L", (sheet.shape[1], sheet.shape[0]))
    ImageDraw.Draw(picture).text(at_px, text, fill=255, font=ImageFont.truetype(str(font), max(6, round(letter_px))))
    sheet[:] = _print(sheet, _measure_coverage(picture), level)


def _measure_coverage(picture: Image.Image) -> NDArray[np.float32]:
    return np.asarray(picture, np.float32) * np.float32(1 / 255)


def _print(sheet: Gray, coverage: NDArray[np.float32], level: float) -> Gray:
    """Return `sheet` with ink that reflects `level` laid over it; print spreads a little."""
    share = cv2.GaussianBlur(coverage, (3, 3), 0.5)
    return (sheet * (1 - share) + share * np.float32(level)).astype(np.float32)
