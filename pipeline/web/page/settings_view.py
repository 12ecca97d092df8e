"""The side bar: the model, what is known of the numbers, and the few settings that matter."""

from __future__ import annotations

from typing import get_args

import streamlit as st

from pipeline.errors import DigitsError
from pipeline.web.page.choices import Choices, Writing
from pipeline.web.page.service import MODEL_SUFFIXES, find_service
from pipeline.web.page.user import User, escape

_WRITING = {"any": "written by hand or printed", "hand": "written by hand", "printed": "printed"}
_OWN = "your own model"


def show_settings(user: User) -> None:
    """Show the settings, and keep what the user chooses."""
    with st.sidebar:
        if user.template is not None:
            _show_template(user)
        with st.form("settings", border=False):
            chosen = _ask(user)
            if st.form_submit_button("Apply", type="primary", width="stretch"):
                _apply(user, chosen)
        _show_upload(user)
        most_mb = find_service().options.most_mb
        st.caption(
            f"Files of up to {most_mb} MB stay in the memory of this server, for you alone, and are forgotten some "
            "minutes after you close this page. No usage statistics are sent."
        )


def _ask(user: User) -> Choices:
    """Return what the fields of the form hold."""
    now, is_form = user.choices, user.template is not None
    st.subheader("What is known of the numbers")
    if is_form:
        st.caption("The template says this field by field.")
    left, right = st.columns(2)
    n_digits = left.text_input("Digits", now.n_digits, placeholder="8 or 2-4", disabled=is_form)
    bounds = right.text_input("Range", now.range, placeholder="0:20", disabled=is_form)
    pattern = st.text_input("Pattern", now.pattern, placeholder="dd/dd/dddd", disabled=is_form)
    st.subheader("Reading")
    has_tables = st.checkbox("Tables: rows and columns", now.has_tables, disabled=is_form)
    has_signs = st.checkbox("Signs: 12/03/2024, 10:45, -3", now.has_signs, disabled=is_form)
    is_turned = st.checkbox("Turn pages that lie on their side", now.is_turned)
    writing = st.selectbox("Numbers", get_args(Writing), get_args(Writing).index(now.writing), _WRITING.__getitem__)
    reject_below = st.slider("Doubtful below a confidence of", 0.0, 1.0, now.reject_below, 0.01)
    models = find_service().list_models()
    model = now.model
    if user.model is None:
        model = st.selectbox("Model", models, models.index(now.model) if now.model in models else 0)
    else:
        st.selectbox("Model", [f"{_OWN}: {user.model.name}"], disabled=True)
    password = st.text_input("Password of PDFs", now.password, type="password")
    return Choices(
        model, reject_below, is_turned, has_signs, has_tables, writing or "any", n_digits, bounds, pattern, password
    )  # fmt: skip


def _apply(user: User, chosen: Choices) -> None:
    """Keep what was chosen, if it can be read with."""
    try:
        chosen.make_constraint()
        if user.model is None:
            find_service().find_pool(chosen.model)
    except DigitsError as error:
        user.wrong.append(str(error))
    else:
        user.choices = chosen


def _show_template(user: User) -> None:
    if user.template is None:
        return
    n_fields = len(user.template.fields)
    with st.container(border=True):
        st.markdown(f"**Template in use**: every page is read as this form of {n_fields} fields.")
        if st.button("Stop using it"):
            user.template = None
            st.rerun()


def _show_upload(user: User) -> None:
    """Let the user upload a model, or go back to the named ones."""
    with st.expander("Your own model"):
        name = user.model.name if user.model else None
        given = st.file_uploader(f"A {' or '.join(MODEL_SUFFIXES)} file", key="model", label_visibility="visible")
        if given is None:
            if user.model is not None:
                user.model.close()
                user.model = None
                st.rerun()
            return
        if given.file_id == st.session_state.get("model_id"):
            if name:
                st.caption(escape(f"{name} is in use."))
            return
        st.session_state["model_id"] = given.file_id
        _load(user, given.name, given.getvalue())


def _load(user: User, name: str, raw: bytes) -> None:
    if user.model is not None:
        user.model.close()
        user.model = None
    try:
        with st.spinner("Loading the model"):
            user.model = find_service().open_upload(name, raw)
    except DigitsError as error:
        st.error(escape(f"{name}: {error}"))
        return
    for note in user.model.notes:
        st.caption(escape(note))
    st.rerun()
