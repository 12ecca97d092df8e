"""What papers are made from: writers of digits, typefaces, and letters by people's hands."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.errors import InputError, MissingInputError
from train.augmentation.ink import Mask, crop_ink
from train.synthesis.handwriting.writers import WriterPool, gather_writers

N_LETTERS = 26
"""Letters of an alphabet, a to z."""

_LATIN = "Latin"
_FOREIGN_STEP, _MOST_FOREIGN = 4, 900
"""Of the other alphabets every fourth person is taken, until there are so many letters."""

_N_HELD_OUT_ALPHABETS = 3
_HELD_OUT_FONTS = 8
"""One of so many fonts is held out, and at least one."""


@dataclass(frozen=True, slots=True, eq=False)
class Supplies:
    """What papers are made from.

    Attributes
    ----------
    pool : writers of digits
    print_fonts, script_fonts : font files for print and for words by hand
    alphabets : for each person the letters a to z that the person wrote, uint8 masks
    foreign : letters of other alphabets, uint8 masks
    """

    pool: WriterPool
    print_fonts: tuple[str, ...]
    script_fonts: tuple[str, ...]
    alphabets: tuple[tuple[Mask, ...], ...]
    foreign: tuple[Mask, ...]


def gather_supplies(data_dir: Path | None, seed: int, is_held_out: bool) -> Supplies:
    """Return writers, fonts and letters; the held-out ones share no person and no font with the others.

    Letters are those of Omniglot (Lake et al. 2015, doi 10.1126/science.aab3050); those of other alphabets stand for
    words that nobody can read, and may be the same on both sides.

    Raises
    ------
    InputError : as for `gather_writers`; or the folder of the data lacks fonts or Omniglot's archives
    """
    if data_dir is None:
        raise MissingInputError("no data folder with fonts and letters", "give --data-dir, or set DIGITS_DATA")
    rng = np.random.default_rng(seed)
    print_fonts, script_fonts = (
        _choose_fonts(data_dir / "fonts" / kind, is_held_out, rng) for kind in ("print", "handwriting")
    )
    folder = data_dir / "extra" / "omniglot"
    alphabets, foreign = load_letters(folder)
    if len(alphabets) <= _N_HELD_OUT_ALPHABETS:
        needed = f"expected the letters of over {_N_HELD_OUT_ALPHABETS} people, received {len(alphabets)}"
        raise MissingInputError(f"{folder}: {needed}", "put Omniglot's images_background.zip there")
    part = slice(0, _N_HELD_OUT_ALPHABETS) if is_held_out else slice(_N_HELD_OUT_ALPHABETS, None)
    return Supplies(gather_writers(data_dir, seed, is_held_out), print_fonts, script_fonts, alphabets[part], foreign)


def _choose_fonts(folder: Path, is_held_out: bool, rng: np.random.Generator) -> tuple[str, ...]:
    """Return the files of one part of a folder's fonts."""
    paths = sorted(folder.glob("*.ttf"))
    if len(paths) < 2:
        raise MissingInputError(f"{folder}: expected two typefaces or more, received {len(paths)}", "put *.ttf there")
    order = rng.permutation(len(paths))
    n_held_out = max(1, len(paths) // _HELD_OUT_FONTS)
    return tuple(str(paths[k]) for k in sorted(order[:n_held_out] if is_held_out else order[n_held_out:]))


def load_letters(folder: Path) -> tuple[tuple[tuple[Mask, ...], ...], tuple[Mask, ...]]:
    """Return the Latin alphabet of each person who wrote all of it, and letters of other alphabets.

    Masks are uint8, 255 ink, cut to the ink. `folder` holds Omniglot's images_*.zip.

    Raises
    ------
    InputError : an archive is damaged
    """
    latin: dict[int, dict[int, Mask]] = {}
    foreign: list[Mask] = []
    for path in sorted(folder.glob("images_*.zip")):
        try:
            with zipfile.ZipFile(path) as archive:
                _read_letters(archive, latin, foreign)
        except (OSError, zipfile.BadZipFile, ValueError, IndexError) as error:
            raise InputError(f"{path}: cannot be read ({error})", "copy the file from its source again") from error
    whole = [letters for letters in latin.values() if len(letters) == N_LETTERS]
    return tuple(tuple(letters[k] for k in range(1, N_LETTERS + 1)) for letters in whole), tuple(foreign)


def _read_letters(archive: zipfile.ZipFile, latin: dict[int, dict[int, Mask]], foreign: list[Mask]) -> None:
    """Add an archive's letters: Latin ones by person and place in the alphabet.

    Its files are named FOLDER/ALPHABET/characterNN/ID_PERSON.png.
    """
    for name in sorted(n for n in archive.namelist() if n.endswith(".png") and not n.startswith("__")):
        alphabet, character, file = name.split("/")[-3:]
        person = int(Path(file).stem.rsplit("_", 1)[1])
        if alphabet != _LATIN and (person % _FOREIGN_STEP or len(foreign) > _MOST_FOREIGN):
            continue
        gray = cv2.imdecode(np.frombuffer(archive.read(name), np.uint8), cv2.IMREAD_GRAYSCALE)
        if gray is None:
            raise ValueError(f"{name} is no picture")
        mask = crop_ink(255 - gray)
        if alphabet == _LATIN:
            latin.setdefault(person, {})[int(character[-2:])] = mask
        else:
            foreign.append(mask)
