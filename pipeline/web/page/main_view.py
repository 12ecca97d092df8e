"""The page from top to bottom: where files come in, what was read, what can be taken away."""

from __future__ import annotations

from time import perf_counter

import streamlit as st

from pipeline.errors import DigitsError
from pipeline.system.terminal import print_message
from pipeline.web.page.download_view import show_downloads
from pipeline.web.page.input_view import show_inputs
from pipeline.web.page.page_view import show_page
from pipeline.web.page.read_files import read_files
from pipeline.web.page.service import find_service
from pipeline.web.page.session import OpenedPage
from pipeline.web.page.settings_view import show_settings
from pipeline.web.page.user import User, count_words, escape, find_user

_STYLE = """<style>
[data-testid="stMainBlockContainer"] { padding: 2.2rem 2rem 4rem; max-width: 100rem; }
h1 { font-size: clamp(1.6rem, 4vw, 2.2rem) !important; }
h2 { font-size: 1.5rem !important; }
[data-testid="stCaptionContainer"] code { color: #0d1210; }
.digits { max-height: 30rem; overflow: auto; }
.digits table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
.digits th, .digits td { border: 1px solid #d5dbd8; padding: 0.25rem 0.6rem; text-align: left; }
[data-testid="stImage"] img { border: 1px solid #d5dbd8; border-radius: 0.3rem; }
@media (max-width: 640px) { [data-testid="stMainBlockContainer"] { padding: 2.8rem 0.8rem 3rem; } }
</style>"""

_SIDE_PX = 256
"""Width of the side bar: no wider than its settings need, so that the table of numbers has room."""


def show() -> None:
    """Show the page to its user."""
    st.set_page_config("Handwritten numbers", "🔢", layout="wide", initial_sidebar_state=_SIDE_PX)
    st.html(_STYLE)
    user = find_user()
    show_settings(user)
    st.title("Handwritten numbers, read from photos")
    is_form_shown = show_inputs(user)
    for sentence in user.wrong:
        st.error(escape(sentence))
    user.wrong = []
    _read(user)
    if user.session.pages and is_form_shown:
        st.caption(f"{count_words(len(user.session.pages), 'page')}: under Files.")
    elif user.session.pages:
        _show_pages(user)
        show_downloads(user)


def _read(user: User) -> None:
    """Read what has not been read; show how far it is."""
    service = find_service()
    user.renew()
    if not any(user.session.list_unread(file) for file in user.session.files):
        return
    bar = st.progress(0.0, "Reading")

    def tell(n_done: int, n_known: int) -> None:
        bar.progress(min(1.0, n_done / max(1, n_known)), f"Reading page {min(n_done + 1, n_known)} of {n_known}")

    start, n_before = perf_counter(), len(user.session.pages)
    try:
        read_files(user.session, user.find_pool(service), user.make_plan(service), tell)
    except DigitsError as error:
        st.error(escape(str(error)))
    bar.empty()
    if service.options.is_verbose:
        n_read = count_words(len(user.session.pages) - n_before, "page")
        print_message(f"read {n_read} in {perf_counter() - start:.1f} s")


def _show_pages(user: User) -> None:
    pages = user.session.pages
    n_numbers = sum(page.n_numbers for page in pages)
    n_doubtful, n_corrected = sum(page.n_doubtful for page in pages), sum(len(page.corrections) for page in pages)
    n_added = sum(len(page.typed) for page in pages)
    n_failed = sum(page.record["status"] == "failed" for page in pages)
    told = [count_words(len(pages), "page"), count_words(n_numbers, "number"), f"{n_doubtful:,} doubtful"]
    told += [f"{n_corrected:,} corrected or confirmed"] if n_corrected else []
    told += [f"{n_added:,} added"] if n_added else []
    told += [f":red[{n_failed:,} could not be read]"] if n_failed else []
    st.markdown(f"**{' · '.join(told)}**")
    page = _choose_page(pages) if len(pages) > 1 else pages[0]
    show_page(user, page)


def _choose_page(pages: list[OpenedPage]) -> OpenedPage:
    by_key = {page.key: page for page in pages}
    state = st.session_state
    if state.get("page") not in by_key:
        state["page"] = next(iter(by_key))
    keys = list(by_key)

    def step(by: int) -> None:
        state["page"] = keys[(keys.index(state["page"]) + by) % len(keys)]

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("Page", keys, format_func=lambda key: _name_page(by_key[key]), key="page", width=520)
        st.button("Previous", on_click=step, args=(-1,), icon=":material/chevron_left:")
        st.button("Next", on_click=step, args=(1,), icon=":material/chevron_right:")
    return by_key[state["page"]]


def _name_page(page: OpenedPage) -> str:
    """Return the name of a page in the list of pages, with what there is to do on it."""
    name = f"{page.file.name}, page {page.number}" if page.number > 1 else page.file.name
    if page.record["status"] == "failed":
        return f"{name} — not read"
    doubtful = f", {page.n_doubtful} doubtful" if page.n_doubtful else ""
    return f"{name} — {count_words(page.n_numbers, 'number')}{doubtful}"
