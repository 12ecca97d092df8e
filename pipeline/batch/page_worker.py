"""The work of one process in a batch: open a file, read one page of it, write the pictures that were asked for.

The same code runs in the main process, for a single picture, and in each worker process.
"""

from __future__ import annotations

import shlex
import traceback
from dataclasses import replace

import cv2

from pipeline.batch.jobs import BUG_CODE, Identity, Job, Outcome, Plan, identify
from pipeline.batch.sources import name_page
from pipeline.errors import (
    DamagedPictureError,
    DigitsError,
    EncryptedPictureError,
    Failure,
    InputError,
    NotAPictureError,
)
from pipeline.forms.form_reading import FormReading
from pipeline.images.crop import crop_page
from pipeline.images.load import Picture, open_picture
from pipeline.outputs.annotate import annotate, write_annotated
from pipeline.outputs.records import Record, make_record
from pipeline.outputs.report_pictures import make_pictures
from pipeline.outputs.review import write_crops
from pipeline.outputs.thumbnail import encode_jpeg
from pipeline.outputs.trace import Trace
from pipeline.reading.cut_numbers import reject_at_rim
from pipeline.reading.read_page import analyze_page, make_page_reading, note_reading
from pipeline.reading.stages import Stages
from pipeline.recognition.classify import Classifier
from pipeline.remote.addresses import is_address
from pipeline.remote.fetch import fetch
from pipeline.system.files import make_folder
from pipeline.system.memory import estimate_memory, limit_memory_to
from pipeline.system.native_stderr import silence_native_stderr
from pipeline.types import Page, PageReading

_MOST_PICTURE_MPX = 4
"""Of the picture of a page that an outcome carries, which is kept in memory."""

_VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".3gp")


class Worker:
    """Runs jobs one after the other. A file stays open for its next page.

    Parameters
    ----------
    plan : what to do with each page
    classifier : the plan's model

    Attributes
    ----------
    notes : what the user should know of the model
    classifier : the plan's model
    """

    def __init__(self, plan: Plan, classifier: Classifier) -> None:
        self._plan, self.classifier = plan, classifier
        self.notes = classifier.notes
        if plan.settings.signs.is_enabled and classifier.line_network is None:
            self.notes += (f"{classifier.name}: has no line network, so --signs finds minus, point and comma alone",)
        self._picture: Picture | None = None
        self._opened: tuple[str, Identity | None] | None = None
        self._fetched: Identity | None = None  # of the open file, where it was fetched from an address

    def read(self, job: Job) -> Outcome:
        """Return the outcome of a job; a file that cannot be read and a bug are outcomes too.

        Raises
        ------
        OutputError
            If a picture cannot be written.
        """
        identity = _identify(job)
        picture: Picture | None = None
        bug = ""
        try:
            picture = self._open(job, identity)
            identity = self._fetched or identity
            if job.is_count_only:
                return Outcome({}, n_pages=picture.n_pages)
            name = name_page(job.source.stem, job.number, picture.n_pages)
            most_memory = estimate_memory(picture.count_pixels(job.number)) + 2 * len(picture.raw)
            with limit_memory_to(most_memory):
                record, crops, jpeg = self._read_page(picture, job, name)
            return Outcome(record, name, picture.n_pages, identity, crops=crops, picture=jpeg)
        except InputError as error:
            failure = _describe_failure(error, job, picture is not None)
        except DigitsError:
            raise
        except Exception as error:
            failure, bug = _describe_error(error, job)
        return Outcome(make_record(failure), "", picture.n_pages if picture else None, identity, bug)

    def _open(self, job: Job, identity: Identity | None) -> Picture:
        """Return the job's file, which may still be open from the last job."""
        wanted, is_remote = (job.source.path, identity), job.raw is None and is_address(job.source.path)
        if self._picture is None or wanted != self._opened or (identity is None and not is_remote):
            self._picture = self._fetched = None  # so that two large files are never in memory at once
            content = job.source.path if job.raw is None else job.raw
            plan = job.plan or self._plan
            if is_remote:
                content, self._fetched = fetch(job.source.path, plan.download_s, identity)
            self._picture = open_picture(content, plan.settings.images, name=job.source.path, password=plan.password)
            self._opened = wanted
        return self._picture

    def _read_page(self, picture: Picture, job: Job, name: str) -> tuple[Record, tuple[str, ...] | None, bytes]:
        """Return the record of a page, the names of its crops and its picture; None and no bytes if not asked for."""
        plan = job.plan or self._plan
        with silence_native_stderr():  # libjpeg and libpng print a warning for every slight defect
            page = picture.load_page(job.number)
        outcome, reading, note = self._read(page, plan, name)
        record = make_record(outcome, "; ".join(filter(None, [picture.note_page(job.number), note])) or None)
        has_rejected = any(r.status == "rejected" for r in reading.readings)
        crops: tuple[str, ...] | None = () if plan.review else None
        jpeg = b""
        if plan.annotate or plan.has_pictures or plan.keeps_page or (plan.review and has_rejected):
            with silence_native_stderr():
                bgr = picture.load_color(job.number)
            suffix = ".jpg" if picture.header.format == "JPEG" else ".png"
            if plan.annotate:
                make_folder((plan.annotate / name).parent)  # a name has the subfolders of the input
                write_annotated(annotate(bgr, reading, page.to_source), plan.annotate, name, suffix)
            if plan.has_pictures:
                record |= make_pictures(record, bgr, page.to_source)
            if plan.keeps_page:
                jpeg = encode_jpeg(bgr, _MOST_PICTURE_MPX)
            if plan.review:
                crops = tuple(write_crops(bgr, reading, page.to_source, plan.review, name))
        return record, crops, jpeg

    def _read(self, page: Page, plan: Plan, name: str) -> tuple[PageReading | FormReading, PageReading, str | None]:
        """Return what was read on a page, its numbers, and what the user should know of how it was read."""
        if plan.template:
            from pipeline.forms.read_form import note_form, read_form  # imported late: most runs have no form

            form = read_form(page, plan.template, self.classifier, plan.settings)
            return form, form.reading, note_form(form, plan.template)
        part = crop_page(page, plan.region) if plan.region else page
        stages = self._analyze(part, plan)
        if plan.trace:
            Trace(plan.trace, name).write(stages)
        reading = self._place(stages, plan)
        if plan.region:
            free = replace(plan, constraint=None)
            reading = reject_at_rim(
                reading, page, plan.region, lambda larger: self._place(self._analyze(larger, free), free)
            )
        notes = [note_reading(reading)]
        if plan.has_tables:
            from pipeline.tables.read_tables import note_tables

            notes.append(note_tables(reading))
        return reading, reading, "; ".join(filter(None, notes)) or None

    def _analyze(self, page: Page, plan: Plan) -> Stages:
        return analyze_page(
            page, self.classifier, plan.settings, constraint=plan.constraint, keeps_improbable=plan.has_tables
        )

    def _place(self, stages: Stages, plan: Plan) -> PageReading:
        """Return the numbers of a page that was analyzed, in rows and columns if those are asked for."""
        if plan.has_tables:
            from pipeline.tables.read_tables import find_tables  # imported late: most runs have no table

            return find_tables(stages, self.classifier, plan.settings, plan.constraint)
        return make_page_reading(stages, self.classifier.name)


def _identify(job: Job) -> Identity | None:
    """Return the identity of a job's file before it is read, as far as it is known without a request to its server."""
    if job.raw is not None:
        return None
    return job.source.known if is_address(job.source.path) else identify(job.source.path)


def _describe_failure(error: InputError, job: Job, is_open: bool) -> Failure:
    """Return the failure for a page; its hint names the flag that may help, where there is one."""
    path = job.source.path
    failure = Failure.of(error, path, job.number if is_open else None)
    if isinstance(error, EncryptedPictureError):
        return replace(failure, hint="give its password with --password, or save a copy without one")
    if isinstance(error, NotAPictureError | DamagedPictureError) and path.lower().endswith(_VIDEO_SUFFIXES):
        message = "this is a video, which is read frame by frame"
        return replace(failure, message=message, hint=f"read it with --webcam {shlex.quote(path)} --headless")
    return failure


def _describe_error(error: Exception, job: Job) -> tuple[Failure, str]:
    """Return the failure for an unexpected error, and the traceback if it is a bug."""
    source, number = job.source.path, job.number
    if isinstance(error, MemoryError) or (isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem):
        message = "reading it takes more memory than there is"
        return Failure(source, number, "memory", message, "read it with fewer --workers, or shrink it"), ""
    message = f"{type(error).__name__}: {error}"
    hint = "this is a bug in this program; the traceback says where"
    return Failure(source, number, BUG_CODE, message, hint), traceback.format_exc()
