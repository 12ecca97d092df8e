"""Errors: each owns its exit code, its slug and its remedy, and says all in one line."""

from __future__ import annotations

import pytest

from pipeline import errors
from pipeline.errors import DamagedPictureError, DigitsError, Failure, InputError, OutputError, UsageError

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DigitsError)]
EXIT_CODES = {
    **{"UsageError": 2, "SettingsError": 2, "ConstraintError": 2, "TemplateError": 2, "DisplayError": 2},
    **{"NoInputError": 3, "SourceError": 3, "ClusterError": 3, "ModelError": 4, "OutputError": 5, "StrictError": 6},
    **{"DigitsError": 70, "SetupError": 70, "InterruptedRunError": 130},
}
"""By class; 1 for the errors of a single input."""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_class_owns_its_exit_code(kind: type[DigitsError]) -> None:
    assert kind.exit_code == (1 if issubclass(kind, InputError) else EXIT_CODES[kind.__name__])


def test_no_two_classes_have_one_slug() -> None:
    assert len({kind.code for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OutputError("a.csv: no room"), f"a.csv: no room; {OutputError.hint}"),
        (UsageError("no such flag", "try --help"), "no such flag; try --help"),
        (UsageError("no such flag", ""), "no such flag"),
        (DigitsError("all is lost"), "all is lost"),
    ],
    ids=["hint of the class", "own hint", "empty hint", "no hint"],
)
def test_error_says_what_is_wrong_and_what_to_do(error: DigitsError, told: str) -> None:
    assert str(error) == told


def test_input_is_named_once_it_is_known() -> None:
    error = DamagedPictureError("it breaks off", "")
    assert str(error) == "it breaks off"
    error.source = "a.jpg"
    assert str(error) == "a.jpg: it breaks off"


@pytest.mark.parametrize(
    ("number", "told"),
    [(None, "a.tif: it breaks off; ask"), (1, "a.tif: it breaks off; ask"), (3, "a.tif page 3: it breaks off; ask")],
)
def test_failure_is_the_error_as_data(number: int | None, told: str) -> None:
    failure = Failure.of(DamagedPictureError("it breaks off", "ask"), "a.tif", number)
    assert (failure.code, failure.number) == ("damaged", number)
    assert str(failure) == told
