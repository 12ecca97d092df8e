"""Where files come in: dropped, taken by the camera, drawn, or one of the samples."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pipeline.errors import DigitsError
from pipeline.recognition.classify import MODELS_DIR
from pipeline.web.page.components.components import draw_sheet
from pipeline.web.page.template_view import show_template
from pipeline.web.page.user import User, escape

SAMPLES_DIR = MODELS_DIR.with_name("samples")
SAMPLES = {
    "ruled.jpg": "ruled paper",
    "touching.jpg": "touching digits",
    "shadow.jpg": "a shadow",
    "whiteboard.jpg": "a whiteboard",
    "rotated.jpg": "on its side",
    "table.jpg": "a table",
}
"""Samples to try, with what they show."""

_UPLOADED, _PHOTO, _DRAWN, _SAMPLE = "file-", "photo-", "drawn-", "sample-"
"""What the keys of files start with, by where they came in."""

_FEW = 4


def show_inputs(user: User) -> bool:
    """Show the ways by which files come in, and take them in; return whether a form is shown, to make its template."""
    files, camera, draw, samples, form = st.tabs(
        ["Files", "Camera", "Draw", "Samples", "Form template"], key="way", on_change="rerun"
    )
    with files:  # always, as Streamlit forgets the files of what is not shown
        _show_uploader(user)
    with camera:
        if camera.open:  # only then: it asks for leave to use the camera
            _show_camera(user)
    with draw:
        if draw.open:
            _show_sheet(user)
    with samples:
        if samples.open:
            _show_samples(user)
    with form:
        if form.open:
            show_template(user)
    _list_others(user)
    return bool(form.open) and user.draft is not None


def _show_uploader(user: User) -> None:
    given = st.file_uploader(
        "Drop photos, scans or PDFs here, one or many",
        accept_multiple_files=True,
        key="files",
        help="JPEG, PNG, TIFF, PDF, HEIC, WebP and other formats",
    )
    keys = [f"{_UPLOADED}{one.file_id}" for one in given]
    user.session.keep_only(_UPLOADED, keys)
    for key, one in zip(keys, given, strict=True):
        _add(user, key, one.name, one.getvalue())


def _show_camera(user: User) -> None:
    taken = st.camera_input("Take a picture of the page, from straight above and in good light", width=640)
    if taken is not None:
        key = f"{_PHOTO}{taken.file_id}"
        if key not in st.session_state.setdefault("photos", []):
            st.session_state["photos"].append(key)
            _add(user, key, f"photo-{user.count('photo')}.jpg", taken.getvalue())


def _show_sheet(user: User) -> None:
    drawn = draw_sheet("sheet")
    if drawn is not None:
        number = user.count("drawing")
        _add(user, f"{_DRAWN}{number}", f"drawing-{number}.png", drawn)


def _show_samples(user: User) -> None:
    found = [SAMPLES_DIR / name for name in SAMPLES if (SAMPLES_DIR / name).is_file()]
    if not found:
        st.info("The samples are in a checkout of the project; this installation has none.")
        return
    with st.container(horizontal=True):
        for path in found:
            with st.container(width=160):
                st.image(_load_sample(path), width=150, alt=SAMPLES[path.name])
                if st.button(SAMPLES[path.name].capitalize(), key=f"try-{path.name}", width=150):
                    _add(user, f"{_SAMPLE}{path.name}", path.name, path.read_bytes())


@st.cache_data(max_entries=len(SAMPLES))
def _load_sample(path: Path) -> bytes:
    """Return a sample as a small picture; it is the same for all users."""
    import cv2
    import numpy as np

    bgr = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_REDUCED_COLOR_4)
    return cv2.imencode(".jpg", cv2.resize(bgr, (300, 220), interpolation=cv2.INTER_AREA))[1].tobytes()


def _list_others(user: User) -> None:
    """List what did not come as an upload, each with a button that takes it away."""
    others = [file for file in user.session.files if not file.key.startswith(_UPLOADED)]
    if not others:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        for file in others[-_FEW:]:
            st.button(
                escape(file.name), key=f"drop-{file.key}", icon=":material/close:", help="Take this picture away",
                on_click=user.session.remove, args=(file.key,), type="tertiary",
            )  # fmt: skip
        if len(others) > 1:
            st.button("Take all away", on_click=_remove_all, args=(user,), type="tertiary", icon=":material/delete:")


def _remove_all(user: User) -> None:
    for file in user.session.files:
        if not file.key.startswith(_UPLOADED):
            user.session.remove(file.key)


def _add(user: User, key: str, name: str, raw: bytes) -> None:
    try:
        file = user.session.add(key, name, raw)
    except DigitsError as error:
        if str(error) not in user.wrong:
            user.wrong.append(str(error))
        return
    if not key.startswith(_UPLOADED):
        st.session_state["page"] = f"{file.key}/1"
