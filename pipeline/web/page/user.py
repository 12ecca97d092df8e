"""What the server keeps of one user, and forgets with the session: in Streamlit's state of this session alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pipeline.batch.jobs import Plan
from pipeline.forms.template import FormSum, Template
from pipeline.web.page.blank_form import BlankForm
from pipeline.web.page.choices import Choices
from pipeline.web.page.explain_page import Explanation
from pipeline.web.page.field_rows import Row
from pipeline.web.page.service import PagePool, Service, UploadedModel, find_service
from pipeline.web.page.session import Session

_KEY = "user"


@dataclass(eq=False)
class Draft:
    """A template that is being made: the blank form, its fields as rows, its sums, and how often they have changed."""

    name: str
    raw: bytes
    blank: BlankForm
    rows: list[Row]
    sums: tuple[FormSum, ...] = ()
    version: int = 0


@dataclass(eq=False)
class User:
    """One user's session.

    Attributes
    ----------
    session : files and pages
    choices : what the user has chosen
    model : that the user has uploaded; None for none
    template : that all pages are read with; None for none
    draft : of a template; None for none
    explained : how pages were read, by their keys
    wrong : sentences about what the user last did
    counts : how many drawings there were, and the like, by kind
    mark : what the pages were read with
    generation : how often they were read anew
    """

    session: Session
    choices: Choices
    model: UploadedModel | None = None
    template: Template | None = None
    draft: Draft | None = None
    explained: dict[str, Explanation] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    mark: tuple[Any, ...] = ()
    generation: int = 0

    def count(self, kind: str) -> int:
        """Return how many of a kind there are with this one."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return self.counts[kind]

    def find_pool(self, service: Service) -> PagePool:
        """Return what reads with the chosen model; raises ModelError as `Service.find_pool` does."""
        return self.model.pool if self.model is not None else service.find_pool(self.choices.model)

    def make_plan(self, service: Service) -> Plan:
        """Return how to read; raises ConstraintError as `Choices.make_plan` does."""
        return self.choices.make_plan(service.plan, self.template)

    def forget(self) -> None:
        """Let go of all files, pages and models: this user is gone."""
        for file in self.session.files:
            self.session.remove(file.key)
        if self.model is not None:
            self.model.close()
        self.model, self.draft, self.template = None, None, None
        self.explained.clear()

    def renew(self) -> None:
        """Let all pages be read again if they were read with something else."""
        digest = self.template.digest if self.template else ""
        mark = (self.choices, id(self.model) if self.model else 0, digest)
        if self.mark and mark != self.mark:
            self.session.read_again()
            self.explained.clear()
            self.generation += 1
        self.mark = mark


def find_user() -> User:
    """Return the user of this session, a new one where there is none."""
    service, context = find_service(), get_script_run_ctx()
    if _KEY not in st.session_state:
        session = Session(service.options.most_mb * 1_000_000)
        st.session_state[_KEY] = User(session, Choices.of(service.plan))
    user: User = st.session_state[_KEY]
    if context is not None:
        service.presence.note(context.session_id, user)
    return user


_MARKDOWN = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]()<>#+-.!|~$:^="})


def escape(text: str) -> str:
    """Return a text that Streamlit shows as it is, whatever the name of a file holds."""
    return text.translate(_MARKDOWN)


def count_words(n: int, word: str) -> str:
    """Return a number with its noun: 1 page, 2 pages."""
    return f"{n:,} {word}{'s' * (n != 1)}"
