from __future__ import annotations

import asyncio
from time import monotonic

from pipeline.web.page.presence import Presence


class FakeUser:
    """A user whose files may be forgotten."""

    is_forgotten = False

    def forget(self) -> None:
        self.is_forgotten = True


class FakeSessions:
    """Sessions of which some have a connection."""

    def __init__(self, *active: str) -> None:
        self.active, self.closed = set(active), list[str]()

    def is_active_session(self, session_id: str) -> bool:
        return session_id in self.active

    def close_session(self, session_id: str) -> None:
        self.closed.append(session_id)


def test_who_is_away_for_long_is_forgotten_once() -> None:
    presence, sessions, now_s = Presence(300), FakeSessions("here"), monotonic()
    here, away = FakeUser(), FakeUser()
    presence.note("here", here)
    presence.note("away", away)
    assert presence.close_gone(sessions, now_s + 299) == []
    assert presence.close_gone(sessions, now_s + 302) == ["away"]
    assert presence.close_gone(sessions, now_s + 900) == []
    assert sessions.closed == ["away"]
    assert away.is_forgotten and not here.is_forgotten


def test_who_comes_back_in_time_stays() -> None:
    presence, sessions, now_s = Presence(300), FakeSessions("phone"), monotonic()
    presence.note("phone", FakeUser())
    sessions.active.clear()
    assert presence.close_gone(sessions, now_s + 200) == []
    sessions.active.add("phone")
    assert presence.close_gone(sessions, now_s + 290) == []
    sessions.active.clear()
    assert presence.close_gone(sessions, now_s + 580) == []
    assert presence.close_gone(sessions, now_s + 591) == ["phone"]


def test_server_looks_again_and_again() -> None:
    presence, sessions = Presence(0.01), FakeSessions()
    presence.note("away", FakeUser())

    async def watch() -> None:
        task = asyncio.create_task(presence.watch(sessions))
        while not sessions.closed:
            await asyncio.sleep(0.005)
        task.cancel()

    asyncio.run(watch())
    assert sessions.closed == ["away"]
