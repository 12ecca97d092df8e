"""What can be taken away: results in each format, annotated pictures, corrections."""

from __future__ import annotations

import streamlit as st

from pipeline.web.page.downloads import Download, list_downloads, make_annotated, make_corrections
from pipeline.web.page.user import User

_ZIP = "application/zip"


def show_downloads(user: User) -> None:
    """Show a button for each file; it is made when its button is pressed."""
    pages = user.session.pages
    st.divider()
    st.header("Downloads")
    offered = list_downloads(pages, user.template, user.choices.has_tables and user.template is None)
    if any(page.picture for page in pages):
        offered.append(Download("Annotated pictures", "annotated.zip", _ZIP, lambda: make_annotated(pages)))
    if any(page.is_corrected for page in pages):
        offered.append(Download("Corrections", "corrections.zip", _ZIP, lambda: make_corrections(pages)))
    with st.container(horizontal=True):
        for one in offered:
            st.download_button(
                one.label, one.make, one.name, one.media_type, on_click="ignore", icon=":material/download:"
            )  # fmt: skip
    if any(page.is_corrected for page in pages):
        st.caption(
            "Corrections: unpacked, `python run_pipeline.py results.json --apply-review review.csv -o right.csv` puts "
            "them into the results, and `python -m train adapt --corrections FOLDER` teaches them to a model."
        )
