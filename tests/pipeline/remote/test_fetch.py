from __future__ import annotations

import pytest

from pipeline.remote import buckets, web_files
from pipeline.remote.fetch import MOST_BYTES, fetch, identify_address


def test_address_decides_who_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "fetch_object", lambda *given: ("bucket", given))
    monkeypatch.setattr(web_files, "fetch_web_file", lambda *given: ("web", given))
    monkeypatch.setattr(buckets, "identify_object", lambda *_: (1, 2))
    monkeypatch.setattr(web_files, "identify_web_file", lambda *_: (3, 4))
    assert fetch("s3://box/a.png", 5, (1, 2)) == ("bucket", ("s3://box/a.png", MOST_BYTES, 5, (1, 2)))
    assert fetch("https://host/a.png", 5, most_bytes=7) == ("web", ("https://host/a.png", 7, 5))
    assert (identify_address("gs://box/a.png"), identify_address("http://host/a")) == ((1, 2), (3, 4))
