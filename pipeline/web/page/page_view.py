"""One page: the upright picture with its boxes beside the table of its numbers, and how it was read."""

from __future__ import annotations

import html
from typing import Any

import streamlit as st

from pipeline.batch.jobs import Job
from pipeline.batch.sources import Source
from pipeline.batch.worker_process import LostProcessError
from pipeline.errors import DigitsError
from pipeline.outputs.records import format_failure
from pipeline.web.page.explain_page import Explanation, SeenDigit, explain_in_worker
from pipeline.web.page.missed_view import show_missed
from pipeline.web.page.numbers_table import CROP, IS_RIGHT, NUMBER, PLACE, REASON, SURE, apply_edits, make_rows
from pipeline.web.page.pictures import draw_annotated, make_crops, make_uri, measure_widest
from pipeline.web.page.service import find_service
from pipeline.web.page.session import OpenedPage
from pipeline.web.page.user import User, count_words, escape

_ROW_PX = 66
"""Over 64, from which on Streamlit wraps the text of a cell."""

_REASON_PX, _REASON_CHARS, _LINE_PX = 150, 18, 21
"""Width of the column of reasons, how much of one is in a line of it, and the height of such a line."""

_STAGES = {
    "gray": "The page in gray, its light evened out",
    "darkness": "How much darker than the paper",
    "ink": "What counts as ink",
    "rulings": "Rulings that were taken out, in red",
    "lines": "Text lines",
    "cuts": "Digits as they were read, in green; cuts that lost, in red",
    "tensors": "What the digit network was given, with its best class",
    "line-images": "What the line network was given, and the digits that it finds",
    "detection": "What the page network sees: digits in red, links in blue, other writing in green",
}


def show_page(user: User, page: OpenedPage) -> None:
    """Show a page that was read, or why it could not be."""
    if page.record["status"] == "failed":
        st.error(escape(format_failure(page.record)))
        return
    if page.record["note"]:
        st.info(escape(page.record["note"]))
    left, right = st.columns([9, 11], gap="medium")
    with right:
        wrong = _show_numbers(user, page)
        for sentence in wrong:
            st.error(escape(sentence))
        _show_tables(page)
    with left:
        if not show_missed(user, page, lambda: _take_edits(user, page)):
            st.image(draw_annotated(page), width="stretch", alt=f"{page.file.name} with its numbers")
    explanation = st.expander("How was this read?", on_change="rerun", key=f"how-{page.key}")
    if explanation.open:
        with explanation:
            _show_explanation(user, page)


def _show_numbers(user: User, page: OpenedPage) -> list[str]:
    """Show the table of numbers; take in what was edited, and return what is wrong with it."""
    wrong = _take_edits(user, page)
    rows = make_rows(page, make_crops(page))
    if not rows:
        st.info("No number was found on this page.")
        return wrong
    st.markdown(f"**{count_words(len(rows), 'number')}**, {page.n_doubtful} doubtful")
    longest = max(len(row[REASON]) for row in rows)
    columns = [CROP, NUMBER, IS_RIGHT, *([REASON] if longest else []), SURE, PLACE]
    row_px = max(_ROW_PX, _LINE_PX * -(-longest // _REASON_CHARS))
    st.data_editor(
        rows,
        key=_name_table(user, page),
        column_order=columns,
        column_config={
            CROP: st.column_config.ImageColumn("Picture", width=round(_ROW_PX * measure_widest(page))),
            NUMBER: st.column_config.TextColumn("Number", help="Correct it; - where there is no number", width=100),
            IS_RIGHT: st.column_config.CheckboxColumn("Right", help="Tick what you have checked", width=66),
            SURE: st.column_config.NumberColumn("Confidence", format="%.0f%%", width=92),
            REASON: st.column_config.TextColumn("Remark", width=_REASON_PX),
            PLACE: st.column_config.TextColumn("Where", width=120),
        },
        disabled=[CROP, SURE, REASON, PLACE],
        hide_index=True,
        row_height=row_px,
        height=min(640, row_px * len(rows) + 40),
        placeholder="",
        alt="Numbers of this page, added and doubtful ones first",
    )
    st.caption("Doubtful ones first. A number that you change, or tick, is kept as corrected in all downloads.")
    return wrong


def _name_table(user: User, page: OpenedPage) -> str:
    return f"numbers-{user.generation}-{page.key}-{page.version}"


def _take_edits(user: User, page: OpenedPage) -> list[str]:
    """Take in what was edited in the table, as it was last shown; return what is wrong with it."""
    edits: dict[int, dict[str, Any]] = st.session_state.get(_name_table(user, page), {}).get("edited_rows", {})
    return apply_edits(page, edits)


def _show_tables(page: OpenedPage) -> None:
    for at, table in enumerate(page.correct().get("tables") or (), 1):
        grid = [[""] * table["columns"] for _ in range(table["rows"])]
        for cell in table["cells"]:
            mark = "?" if cell["status"] == "rejected" else ""
            grid[cell["row"] - 1][cell["column"] - 1] = cell["text"] + mark
        st.markdown(f"**Table {at}**")
        st.table([dict(enumerate(row, 1)) for row in grid], hide_index=True)


def _show_explanation(user: User, page: OpenedPage) -> None:
    if user.template is not None:
        st.info("A form is read field by field: its place is that of the field in the blank form.")
        return
    try:
        with st.spinner("Reading it once more, stage by stage"):
            found = _explain(user, page)
    except DigitsError as error:
        st.error(escape(str(error)))
    except (TimeoutError, LostProcessError):
        st.error("It could not be read again: its process ended.")
    else:
        _show_stages(found)
        _show_digits(found)


def _explain(user: User, page: OpenedPage) -> Explanation:
    if page.key not in user.explained:
        service = find_service()
        job = Job(Source(page.file.name, ""), page.number, page.file.raw, plan=user.make_plan(service))
        future = user.find_pool(service).call(explain_in_worker, job)
        user.explained = {page.key: future.result()}  # of one page alone: these are large
    return user.explained[page.key]


def _show_stages(found: Explanation) -> None:
    st.markdown("**Hypotheses**: each look at the page, and its score in digits that are sure")
    st.code(found.trials, language=None)
    spent = ", ".join(f"{stage} {1000 * seconds:.0f} ms" for stage, seconds in found.seconds.items())
    st.caption(f"Time: {spent}")
    names = [name for name, _ in found.pictures]
    name = st.selectbox("Stage", names, names.index("cuts"), lambda one: _STAGES.get(one, one), width=640)
    st.image(dict(found.pictures)[name or names[0]], width="stretch", alt=_STAGES.get(name or "", ""))


def _show_digits(found: Explanation) -> None:
    """Show the digits in a table of HTML: two grids of Streamlit on a page have cells of the same ids."""
    st.markdown("**Digits**: what the digit network was given and said of it, and what was read in the end")
    heads = ("Tensor", "Digit network", "Read as", "Confidence", "Alternatives", "In number")
    rows = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in _format_digit(digit))}</tr>" for digit in found.digits)
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    st.html(
        f'<div class="digits" tabindex="0" role="region" aria-label="Digits"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _format_digit(digit: SeenDigit) -> tuple[str, ...]:
    """Return the cells of a digit, as HTML."""
    image = f'<img src="{make_uri(digit.tensor, "png")}" alt="tensor" height="56">' if digit.tensor else ""
    texts = (
        *(_format_scores(digit.scores), digit.text, f"{100 * digit.confidence:.1f}%"),
        *(_format_scores(digit.alternatives), digit.number),
    )
    return (image, *map(html.escape, texts))


def _format_scores(scores: tuple[tuple[str, float], ...]) -> str:
    return "   ".join(f"{text}: {100 * share:.1f}%" for text, share in scores)
