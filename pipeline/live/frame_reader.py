"""One frame of a video read: its region, shrunk as live reading needs, through `read_page` and the tracker."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Box
from pipeline.live.frame_grabber import VideoFrame
from pipeline.live.line_scheduler import LineScheduler
from pipeline.live.tracker import Confirmation, TrackedNumber, Tracker
from pipeline.reading.read_page import analyze_page, make_page_reading, read_page
from pipeline.reading.stages import Stages
from pipeline.recognition.classify import Classifier
from pipeline.settings.tree import Settings
from pipeline.types import Page, PageReading

WORK_SIDE_PX = 640
"""Half of 1280: digits 40 px high are then 20 px, as the network takes them, and a frame takes a third of the time."""

_LEAST_REGION_PX = 16

_BLANK_FRAMES = 3
"""After so many frames without a digit one is read with black for white."""

_INKS = {0: (0, 0), 1: (0, 2), 2: (2, 2)}
"""For `illumination.inverse`, the same for most frames and for those few."""


def make_live_settings(settings: Settings) -> Settings:
    """Return the settings for video: the work for each frame bounded, so that reading keeps up with the camera.

    Frames are shrunk. They are read as they are held: not turned by quarters, not leveled, not once more with rulings,
    each of which would read them anew. Much of what a camera sees beside the paper is left out before the networks look
    at it: what the rim cuts, what all but fills the frame, what is paler than the ink, what is low, all but the longest
    components. Fewer cuts are tried where digits touch, for another frame gives another chance. A 1 may be alone, as
    many frames vote on it. Signs are not written: the vote is on digits.
    """
    s = settings
    components = replace(
        s.components,
        most_components=min(s.components.most_components, 300),
        pale_frac=max(s.components.pale_frac, 0.5),
        tallest_frac=min(s.components.tallest_frac, 0.7),
        is_rim_dropped=True,
    )
    segment = replace(s.segment, most_cuts=min(s.segment.most_cuts, 3), most_atoms=min(s.segment.most_atoms, 4))
    return replace(
        s,
        detection=replace(s.detection, is_enabled=False),  # it takes as long as a frame may
        images=replace(s.images, work_side_px=min(s.images.work_side_px, WORK_SIDE_PX)),
        binarize=replace(s.binarize, least_contrast_frac=max(s.binarize.least_contrast_frac, 0.1)),
        rulings=replace(s.rulings, is_kept_tried=False),
        skew=replace(s.skew, is_enabled=False),
        orientation=replace(s.orientation, is_enabled=False),
        components=components,
        text_lines=replace(s.text_lines, least_height_px=max(s.text_lines.least_height_px, 12)),
        segment=segment,
        decode=replace(s.decode, lone_one=1.0),
        signs=replace(s.signs, is_enabled=False),
    )


@dataclass(frozen=True, slots=True, eq=False)
class LiveReading:
    """What was made of one frame.

    Attributes
    ----------
    frame : as it was grabbed
    area : the part that was read
    numbers : in sight, in reading order
    confirmed : confirmed by this very frame
    seconds : spent per stage
    latency_s : from the grab to here
    stages : for the view of the tensors; None where not asked for
    """

    frame: VideoFrame
    area: Box
    numbers: tuple[TrackedNumber, ...]
    confirmed: tuple[Confirmation, ...]
    seconds: dict[str, float]
    latency_s: float
    stages: Stages | None = None


class LiveReader:
    """Reads frames one after the other and follows their numbers.

    Parameters
    ----------
    classifier : from `load_classifier`
    settings : those of `make_live_settings`
    source : name of the camera or video
    region : the part of each frame to read; None for all of it
    """

    def __init__(self, classifier: Classifier, settings: Settings, source: str, region: Box | None = None) -> None:
        self._classifier, self._settings, self._source = classifier, settings, source
        self.region = region
        self._polarities = tuple(_take_ink(settings, inverse) for inverse in _INKS[settings.illumination.inverse])
        self._begin_at(region)
        self._tracker = Tracker(settings.track)

    def warm_up(self) -> None:
        """Read a blank page: what is loaded on first use is loaded before the first frame comes."""
        read_page(Page(np.full((90, 160), 255, np.uint8)), self._classifier, self._settings)

    def read(self, frame: VideoFrame, has_stages: bool = False) -> LiveReading:
        """Return what a frame shows; boxes in px of the whole frame."""
        height, width = frame.bgr.shape[:2]
        area = clip_region(self.region, width, height)
        page = cut_page(frame.bgr, area, self._settings.images.work_side_px, self._source)
        if area != self._area:
            self._begin_at(area)
        settings, scheduler = self._polarities[self._is_inverse], self._schedulers[self._is_inverse]
        scheduler.unsettled = [find_on_page(box, page) for box in self._tracker.list_unsettled()]
        stages = analyze_page(page, self._classifier, settings, scheduler, keeps_improbable=True)
        reading = make_page_reading(stages, self._classifier.name)
        self._choose_ink(reading)
        confirmed = self._tracker.update(reading.readings, area, frame.number, frame.time_s, scheduler.recalled)
        return LiveReading(
            frame,
            area,
            tuple(self._tracker.numbers),
            tuple(confirmed),
            reading.seconds,
            perf_counter() - frame.grabbed_s,
            stages if has_stages else None,
        )

    def _begin_at(self, area: Box | None) -> None:
        """Forget what the lines of frames have shown: another area is read."""
        self._area, self._is_inverse, self._n_blank = area, False, 0
        self._schedulers = tuple(LineScheduler(self._settings.track.frame_digits) for _ in self._polarities)

    def _choose_ink(self, reading: PageReading) -> None:
        """Let the next frame be read with black for white now and then if none shows a digit, and as long as one does.

        Both in one frame would take the time of two. The other ink must show something sure at first.
        """
        must_be_sure = self._is_inverse and self._n_blank > 0
        if any(r.digits and (r.status == "accepted" or not must_be_sure) for r in reading.readings):
            self._n_blank = 0
        else:
            self._n_blank += 1
            self._is_inverse = self._n_blank % _BLANK_FRAMES == 0


def _take_ink(settings: Settings, inverse: int) -> Settings:
    return replace(settings, illumination=replace(settings.illumination, inverse=inverse))


def clip_region(region: Box | None, width: int, height: int) -> Box:
    """Return the part of a frame that lies in the region; all of it where there is none, or none large enough."""
    if region is None:
        return Box(0, 0, width, height)
    left, top = max(0, region.left), max(0, region.top)
    right, bottom = min(width, region.right), min(height, region.bottom)
    if right - left < _LEAST_REGION_PX or bottom - top < _LEAST_REGION_PX:
        return Box(0, 0, width, height)
    return Box(left, top, right, bottom)


def find_on_page(box: Box, page: Page) -> Box:
    """Return where a box of the frame lies on the page that was cut from it, px of the page."""
    (sx, _, x), (_, sy, y), _ = page.to_source
    left, top = round((box.left - x) / sx), round((box.top - y) / sy)
    return Box(left, top, left + max(1, round(box.width / sx)), top + max(1, round(box.height / sy)))


def cut_page(bgr: NDArray[np.uint8], area: Box, work_side_px: int, source: str) -> Page:
    """Return the area as a gray page whose long side is at most `work_side_px`; boxes map back to px of the frame."""
    part = np.ascontiguousarray(bgr[area.slices])
    scale = min(1.0, work_side_px / max(area.width, area.height))
    width, height = max(1, round(area.width * scale)), max(1, round(area.height * scale))
    if scale < 1:
        part = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
    sx, sy = area.width / width, area.height / height
    back = np.array([[sx, 0, area.left + (sx - 1) / 2], [0, sy, area.top + (sy - 1) / 2], [0, 0, 1]], np.float64)
    gray: NDArray[np.uint8] = cv2.cvtColor(part, cv2.COLOR_BGR2GRAY)
    return Page(gray, source, 1, back, (bgr.shape[1], bgr.shape[0]))
