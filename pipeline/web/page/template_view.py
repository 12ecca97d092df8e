"""A template made or loaded on the page: a blank form, its fields as boxes to drag and as a table, both the same."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import streamlit as st

from pipeline.batch.worker_process import LostProcessError
from pipeline.errors import DigitsError
from pipeline.forms.template_file import format_template
from pipeline.recognition.classify import MODELS_DIR
from pipeline.web.page.blank_form import TEMPLATE, make_template, name_reference, open_blank
from pipeline.web.page.components.components import edit_boxes, read_boxes
from pipeline.web.page.field_rows import (
    ALSO,
    COLUMNS,
    apply_boxes,
    apply_table_edits,
    keep_sums,
    make_field_rows,
    make_fields,
    rename_sums,
    show_rows,
)
from pipeline.web.page.pictures import decode_picture, make_uri, shrink_picture
from pipeline.web.page.saved_template import is_template, open_template
from pipeline.web.page.service import find_service
from pipeline.web.page.user import Draft, User, escape

_BEGUN = "form"
"""What is counted where a form is begun anew."""

_SAMPLE = MODELS_DIR.with_name("samples") / "form" / "blank.png"


def show_template(user: User) -> None:
    """Show the template that is being made, or where its blank form comes in."""
    given = st.file_uploader(
        "The blank form, a scan or a photo taken straight from above; or a template that was saved",
        accept_multiple_files=True,
        key=f"blank-{user.counts.get(_BEGUN, 0)}",
        help="A picture or a PDF; the ZIP that Template saves; or a TOML file together with its blank form",
    )
    ids = [one.file_id for one in given]
    if given and ids != st.session_state.get("blank_ids"):
        st.session_state["blank_ids"] = ids
        _open(user, [(one.name, one.getvalue()) for one in given])
    if user.draft is None:
        if _SAMPLE.is_file() and st.button("Try it with the sample form"):
            _open(user, [(_SAMPLE.name, _SAMPLE.read_bytes())])
            st.rerun()
        return
    _show_draft(user, user.draft)


def _open(user: User, files: Sequence[tuple[str, bytes]]) -> None:
    """Make a draft of the template among files; where there is none, of the fields found on the last, a blank form."""
    service = find_service()
    name, raw = files[-1]
    try:
        with st.spinner("Looking for the fields"):
            if any(is_template(one) for one, _ in files):
                saved = service.pool.call(open_template, files, service.options.most_mb * 1_000_000).result()
                user.draft = Draft(saved.name, saved.raw, saved.blank, make_field_rows(saved.blank.fields), saved.sums)
            else:
                blank = service.pool.call(open_blank, raw, name).result()
                user.draft = Draft(name, raw, blank, make_field_rows(blank.fields))
    except DigitsError as error:
        st.error(escape(str(error)))
    except (TimeoutError, LostProcessError):
        st.error(escape(f"{name}: it could not be read; save it again, as PNG or JPEG"))


def _show_draft(user: User, draft: Draft) -> None:
    n_pages = len(draft.blank.pages)
    page = int(st.number_input("Page of the form", 1, n_pages, 1)) if n_pages > 1 else 1
    left, right = st.columns([3, 2], gap="medium")
    with left:
        _show_boxes(draft, page)
    with right:
        _show_rows(draft, page)
        _show_sums(draft)
        _show_actions(user, draft)


def _show_boxes(draft: Draft, page: int) -> None:
    jpeg, size_px = draft.blank.pages[page - 1]
    key = f"boxes-{draft.version}-{page}"

    def take_in() -> None:
        boxes = read_boxes(st.session_state.get(key), size_px)
        if boxes is not None:
            draft.rows = apply_boxes(draft.rows, boxes, page)
            draft.version += 1

    boxes = [
        {"name": row["name"], "box": [row[side] for side in ("left", "top", "right", "bottom")]}
        for row in draft.rows
        if row["page"] == page and None not in (row["left"], row["top"], row["right"], row["bottom"])
    ]
    edit_boxes(key, make_uri(shrink_picture(decode_picture(jpeg))), size_px, boxes, take_in)


def _show_rows(draft: Draft, page: int) -> None:
    key = f"fields-{draft.version}"

    def take_in() -> None:
        state: dict[str, Any] = st.session_state.get(key, {})
        draft.sums = rename_sums(draft.sums, draft.rows, state)
        draft.rows = apply_table_edits(draft.rows, state, page)
        draft.version += 1

    st.markdown(f"**{len(draft.rows)} fields**: name them, delete those that hold no number, add what you know")
    whole = st.column_config.NumberColumn
    rows = show_rows(draft.rows)
    also = [ALSO] if any(row[ALSO] for row in rows) else []
    st.data_editor(
        rows,
        key=key,
        num_rows="dynamic",
        column_order=["name", "digits", "min", "max", *also, "comb", "left", "top", "right", "bottom", "page"],
        column_config={
            "name": st.column_config.TextColumn("Name", help="Letters, digits, _ and -"),
            "digits": st.column_config.TextColumn("Digits", help="How many: 8, or 2-4", width=84),
            "comb": whole("Comb", help="Number of equal boxes, a digit to each", min_value=1, max_value=40, width=84),
            ALSO: st.column_config.TextColumn("Also", help="From the template; change it in its file", width=120),
            **{name: whole(name.capitalize(), step=1, width=60) for name in COLUMNS if name in ("min", "max", "page")},
            **{name: whole(name.capitalize(), min_value=0, step=1, width=60) for name in COLUMNS[2:6]},
        },
        disabled=[ALSO],
        hide_index=True,
        placeholder="",
        on_change=take_in,
        height=min(520, 35 * (len(draft.rows) + 2) + 5),
        alt="Fields of the form",
    )


def _show_sums(draft: Draft) -> None:
    kept = keep_sums(draft.sums, draft.rows)
    for one in draft.sums:
        gone = "" if one in kept else " (left out: a field of it is gone)"
        st.caption(escape(f"Sum: {one.total} = {' + '.join(one.of)}{gone}"))


def _show_actions(user: User, draft: Draft) -> None:
    wrong = _find_wrong(draft)
    if wrong:
        st.warning(escape(wrong))
    with st.container(horizontal=True):
        if st.button("Use it for all pages", type="primary", disabled=bool(wrong)):
            _use(user, draft)
        st.download_button(
            "Template", lambda: _pack(draft), "template.zip", "application/zip", on_click="ignore",
            icon=":material/download:", disabled=bool(wrong),
        )  # fmt: skip
        if st.button("Start anew"):
            user.draft = None
            user.count(_BEGUN)  # the place for files is empty then, too
            st.rerun()
    if user.template is not None:
        st.success("In use: filled forms are under Files, or come in there. Each is read field by field.")


def _find_wrong(draft: Draft) -> str:
    """Return what is wrong with the fields of a draft, as one sentence; "" if nothing is seen from here."""
    try:
        make_fields(draft.rows)
    except DigitsError as error:
        return str(error)
    return ""


def _use(user: User, draft: Draft) -> None:
    """Read all pages with the template from now on, if it can be used."""
    try:
        fields = make_fields(draft.rows)
        sums = keep_sums(draft.sums, draft.rows)
        user.template = find_service().pool.call(make_template, draft.raw, draft.name, fields, sums).result()
    except DigitsError as error:
        st.error(escape(str(error)))
    except (TimeoutError, LostProcessError):
        st.error("The blank form could not be read; save it again, as PNG or JPEG.")
    else:
        st.rerun()


def _format(draft: Draft, reference: str) -> str:
    return format_template([reference], make_fields(draft.rows), keep_sums(draft.sums, draft.rows))


def _pack(draft: Draft) -> bytes:
    """Return the template and its blank form in an archive, as ``--template`` takes them once unpacked."""
    reference = name_reference(draft.name)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(TEMPLATE, _format(draft, reference))
        archive.writestr(reference, draft.raw)
    return stream.getvalue()
