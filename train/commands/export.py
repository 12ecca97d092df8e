"""`python -m train export`: write the .tflite of a model folder anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from train.networks.model_folder import (
    CARD_NAME,
    KERAS_NAME,
    LITERT_NAME,
    ONNX_NAME,
    PRECISIONS,
    check_model_folder,
    check_replaceable,
    read_card,
)
from train.scripts import Parser, check_installed, one_of


def main(argv: Sequence[str] | None = None) -> None:
    """Export a model as the command line says."""
    parser = Parser("export", "Write the .tflite of a model folder anew, from its .keras.")
    parser.add_argument("--model", type=Path, required=True, metavar="DIR", help="model folder")
    precision = f"precision of the exported weights: {' or '.join(PRECISIONS)} (%(default)s)"
    parser.add_argument("--weights", type=one_of(PRECISIONS), default="float32", metavar="NAME", help=precision)
    parser.add_argument("--onnx", action="store_true", help=f"write {ONNX_NAME} as well")
    parser.add_force()
    args, console = parser.parse_args(argv), Console(stderr=True)
    check_model_folder(args.model, KERAS_NAME)
    read_card(args.model)
    if args.onnx:
        check_installed("tf2onnx", "onnx")
    if not args.force:
        remedy = "copy the folder and give --model COPY, or give --force"
        check_replaceable(args.model, (LITERT_NAME, CARD_NAME, ONNX_NAME), remedy)
    with console.status("exporting"):
        from train.networks.export import export_again, export_onnx

        card = export_again(args.model, args.weights)
    print(f"{args.model / LITERT_NAME}: {card['bytes'][LITERT_NAME]:,} bytes, weights {args.weights}")
    if args.onnx:
        with console.status("exporting for ONNX"):
            path = export_onnx(args.model)
        print(f"{path}: {path.stat().st_size:,} bytes")
