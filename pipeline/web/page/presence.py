"""Who is still there: the session of a tab that has been away for minutes is closed, and all that it holds with it.

Streamlit itself forgets such a session no sooner than the next one comes or goes.
"""

from __future__ import annotations

import asyncio
import gc
from time import monotonic
from typing import Protocol

AWAY_S = 300
"""How long a tab may have no connection, as that of a phone that sleeps, until its session is forgotten."""

_STEP_S = 10


class Sessions(Protocol):
    """What is asked of Streamlit's runtime."""

    def is_active_session(self, session_id: str) -> bool:
        """Return whether a session has a connection."""
        ...

    def close_session(self, session_id: str) -> None:
        """Forget a session, its state and its uploads."""
        ...


class Holder(Protocol):
    """What is asked of whoever holds the files of a session."""

    def forget(self) -> None:
        """Let go of them."""
        ...


class Presence:
    """The sessions that there are, and when each was last seen.

    Parameters
    ----------
    away_s : seconds after which one without a connection is closed
    """

    def __init__(self, away_s: float = AWAY_S) -> None:
        self._away_s = away_s
        self._seen_s: dict[str, float] = {}
        self._holders: dict[str, Holder] = {}

    def note(self, session_id: str, user: Holder) -> None:
        """Take in that a session is there, and who holds its files; any thread may call it."""
        self._seen_s[session_id] = monotonic()
        self._holders[session_id] = user

    def close_gone(self, sessions: Sessions, now_s: float) -> list[str]:
        """Close the sessions that have been away for too long, and return them.

        Parameters
        ----------
        sessions : knows which have a connection; only the thread of its loop may call this
        now_s : `time.monotonic`
        """
        gone = []
        for session_id, seen_s in list(self._seen_s.items()):
            if sessions.is_active_session(session_id):
                self._seen_s[session_id] = now_s
            elif now_s - seen_s > self._away_s:
                gone.append(session_id)
                del self._seen_s[session_id]
                sessions.close_session(session_id)
                self._holders.pop(session_id).forget()  # Streamlit may keep the session's state until the next one
        if gone:
            gc.collect()  # what a session held may be in circles
        return gone

    async def watch(self, sessions: Sessions) -> None:
        """Close such sessions for ever, in the loop of the server."""
        while True:
            await asyncio.sleep(min(_STEP_S, self._away_s))
            self.close_gone(sessions, monotonic())
