"""`python -m train calibrate`: fit the temperature of a model folder anew and write it into its card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from pipeline.errors import ModelError
from train.datasets.harvested_crops import read_facts
from train.datasets.mnist import find_data_dir
from train.networks.model_folder import (
    CARD_NAME,
    LITERT_NAME,
    check_model_folder,
    check_replaceable,
    read_card,
    write_card,
)
from train.scripts import Parser


def main(argv: Sequence[str] | None = None) -> None:
    """Calibrate a model as the command line says."""
    parser = Parser("calibrate", "Fit the temperature of a model folder anew and write it into its card.")
    parser.add_data_dir()
    parser.add_argument("--model", type=Path, required=True, metavar="DIR", help="model folder")
    harvest = "fit it on the validation part of this harvest; default: on what the model's own run held out"
    parser.add_argument("--harvest", type=Path, metavar="DIR", help=harvest)
    parser.add_force()
    args, console = parser.parse_args(argv), Console(stderr=True)
    check_model_folder(args.model, LITERT_NAME)
    card = read_card(args.model)
    find_data_dir(args.data_dir)
    if args.harvest is not None:
        read_facts(args.harvest)
    if not args.force:
        check_replaceable(args.model, (CARD_NAME,), "copy the folder and give --model COPY, or give --force")
    from train.fitting.calibrate import (
        calibrate_file,
        format_calibration,
        gather_held_out,
        is_at_bound,
        load_harvested,
    )

    with console.status("reading the data"):
        from_harvest = args.harvest is not None
        held_out = load_harvested(args.harvest) if from_harvest else gather_held_out(card, args.data_dir)
    with console.status("calibrating"):
        found = calibrate_file(args.model / LITERT_NAME, held_out)
    if is_at_bound(found.temperature):
        bound = f"the temperature, {found.temperature:.3f}, is the least or most that is tried"
        raise ModelError(f"{args.model}: {bound}; the card keeps its own", "calibrate on more pictures, or fit anew")
    write_card(args.model, {**card, "temperature": round(found.temperature, 4), "calibration": found.as_dict()})
    print(format_calibration(found))
