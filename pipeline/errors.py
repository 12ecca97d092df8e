"""All errors, each class with its exit code, its code in the JSON output, and a hint for the user."""

from __future__ import annotations

from dataclasses import dataclass


class DigitsError(Exception):
    """Base of all errors that the user can fix: `exit_code` is that of the process, `code` that of the JSON record."""

    exit_code = 70
    code = "error"
    hint = ""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.hint if hint is None else hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class SetupError(DigitsError):
    """A library that the program needs is not installed."""

    code = "setup"
    hint = "activate the environment (. .venv/bin/activate), or: python3 -m venv .venv && .venv/bin/pip install ."


class UsageError(DigitsError):
    """The command line is wrong."""

    exit_code = 2
    code = "usage"
    hint = "--help lists the flags"


class SettingsError(UsageError):
    """A settings file, or a value in it, cannot be used."""

    code = "settings"
    hint = "python -m pipeline.settings prints every setting with its range"


class ConstraintError(UsageError):
    """What is said about the numbers is malformed, or no number fits it."""

    code = "constraint"
    hint = "docs/constraints.md shows what can be said"


class TemplateError(UsageError):
    """The template of a form cannot be used."""

    code = "template"
    hint = "docs/forms.md shows what a template holds"


class InputError(DigitsError):
    """One input cannot be read; the run goes on with the others. `source` is its name, empty if unknown."""

    exit_code = 1
    code = "unreadable"
    source = ""

    def __str__(self) -> str:
        text = super().__str__()
        return f"{self.source}: {text}" if self.source else text


class PictureTypeError(InputError, TypeError):
    """What was given to be read is neither a picture nor the place of one."""

    code = "not-a-picture-type"


class MissingInputError(InputError):
    """There is nothing at that path."""

    code = "missing"
    hint = "check the path"


class EmptyInputError(InputError):
    """The file has no bytes, or the folder has no pictures."""

    code = "empty"
    hint = "check that the file was copied completely"


class NotAPictureError(InputError):
    """The bytes are not a picture that can be decoded."""

    code = "not-a-picture"
    hint = "give a PDF, JPEG, PNG, TIFF, HEIC, WebP, AVIF, BMP or GIF"


class DamagedPictureError(InputError):
    """The file starts as a picture, but is cut short or damaged."""

    code = "damaged"
    hint = "copy it from its source again"


class EncryptedPictureError(InputError):
    """The file is encrypted."""

    code = "encrypted"
    hint = "give its password, or save a copy without one"


class PictureSizeError(InputError):
    """The picture has too many pixels to decode safely, or too few to hold a digit."""

    code = "size"


class RegionError(InputError):
    """The part of a page that is to be read lies beyond it, or is too small to hold a digit."""

    code = "region"


class OtherFormError(InputError):
    """A picture does not show the form of the template, or not enough of it."""

    code = "other-form"
    hint = "check that it shows all of the form, or read it without --template"


class RemoteInputError(InputError):
    """What lies at an address on the web or in a bucket cannot be read."""

    code = "remote"
    hint = "try again later, or download it first"


class NoInputError(DigitsError):
    """No input at all could be read."""

    exit_code = 3
    code = "no-input"
    hint = "see the lines above for the reason of each"


class SourceError(NoInputError):
    """The camera or the video cannot be opened, or was lost and did not come back."""

    code = "source"
    hint = "--webcam takes a camera's number or device, a video file, a URL or a numbered sequence like img_%03d.png"


class DisplayError(UsageError):
    """There is no screen to open a window on."""

    code = "display"
    hint = "use --headless to print the numbers instead"


class ModelError(DigitsError):
    """The model is missing, damaged or of the wrong shape."""

    exit_code = 4
    code = "model"
    hint = "name a folder under models/, or give the path of a folder, a .tflite, .keras or .h5 file"


class OutputError(DigitsError):
    """A result cannot be written."""

    exit_code = 5
    code = "output"
    hint = "choose a folder that exists and that you may write to"


class StrictError(DigitsError):
    """A number was rejected in a run with ``--strict``."""

    exit_code = 6
    code = "strict"
    hint = "look at the rejected numbers, or run without --strict"


class ClusterError(NoInputError):
    """The cluster cannot be reached, or none of its nodes can read."""

    code = "cluster"
    hint = "ray status tells which nodes there are; docs/scale.md shows how they are set up"


class InterruptedRunError(DigitsError):
    """A batch was stopped by Ctrl-C or a signal. The message says what is safe, and where."""

    exit_code = 130
    code = "interrupted"

    def __init__(self, message: str, can_resume: bool) -> None:
        super().__init__(message, "")
        self.can_resume = can_resume


@dataclass(frozen=True, slots=True)
class Failure:
    """An input, or one page of it, that could not be read.

    Attributes
    ----------
    source : its name
    number : the page, from 1; None if the file has not been opened
    code, message, hint : of the error
    """

    source: str
    number: int | None
    code: str
    message: str
    hint: str

    @classmethod
    def of(cls, error: InputError, source: str, number: int | None = None) -> Failure:
        """Return the failure of an error."""
        return cls(source, number, error.code, error.message, error.hint)

    def __str__(self) -> str:
        page = f" page {self.number}" if self.number and self.number > 1 else ""
        return f"{self.source}{page}: {self.message}" + (f"; {self.hint}" if self.hint else "")
