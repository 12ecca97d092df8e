"""The check-up: a line on stdout for each thing, ok, missing or wrong; the exit code is that of what is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.checkup.findings import Finding
from pipeline.checkup.libraries import check_libraries, check_parts, check_python
from pipeline.checkup.options import CheckOptions
from pipeline.system.terminal import escape_text


def run(options: CheckOptions) -> int:
    """Print what is in place and what is not; return 0, or the exit code of the first thing that is wrong."""
    exit_code = 0
    for finding in find_all(options):
        print(escape_text(str(finding)), flush=True)
        exit_code = exit_code or finding.exit_code
    return exit_code


def find_all(options: CheckOptions) -> Iterator[Finding]:
    """Yield all findings; what needs a library that cannot be imported is left out."""
    yield check_python()
    libraries = check_libraries()
    yield from libraries
    if not any(finding.exit_code for finding in libraries):
        yield from _check_reading(options.model)
    yield from check_parts()


def _check_reading(model: str) -> Iterator[Finding]:
    from pipeline.checkup.devices import check_camera, check_screen
    from pipeline.checkup.models import check_models
    from pipeline.checkup.samples import check_samples

    findings, classifier = check_models(model)
    yield from findings
    if classifier is not None:
        yield from check_samples(classifier)
    yield check_camera()
    yield check_screen()
