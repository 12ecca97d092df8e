from __future__ import annotations

import json
import zlib
from typing import Any

import cv2
import jsonschema
import numpy as np
import pytest
from fastapi.openapi.models import OpenAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from pipeline.outputs.records import make_record
from pipeline.reading.read import read
from pipeline.web.description import READ_ANSWERS
from pipeline.web.request_errors import FAILURE_STATUS
from tests.bench.batches import encode
from tests.support.api import fail, start_client
from tests.support.drawing import make_reader, write_page
from tests.support.pdfs import make_locked_pdf

PNG = cv2.imencode(".png", write_page("4237 90"))[1].tobytes()
JPEG = cv2.imencode(".jpg", write_page("17"))[1].tobytes()


def make_bomb(side_px: int) -> bytes:
    """Return a PNG of a few bytes whose header states that many pixels a side."""
    chunks = (
        (b"IHDR", side_px.to_bytes(4, "big") * 2 + b"\x08\0\0\0\0"),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    )
    parts = (len(c).to_bytes(4, "big") + kind + c + zlib.crc32(kind + c).to_bytes(4, "big") for kind, c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.fixture(scope="module")
def client() -> TestClient:
    return start_client()[0]


def send(client: TestClient, raw: bytes = PNG, name: str = "a.png", address: str = "/read", **others: Any) -> Any:
    return client.post(address, files={"file": (name, raw)}, **others)


def list_texts(records: list[dict[str, Any]]) -> list[list[str]]:
    return [[number["text"] for number in record["numbers"]] for record in records]


def test_form_and_bare_bytes_give_the_record_of_the_page(client: TestClient) -> None:
    (expected,) = (make_record(reading) for reading in read(PNG, model=make_reader()))
    for answer, name in ((send(client), "a.png"), (client.post("/read", content=PNG), "upload")):
        assert answer.status_code == 200
        (record,) = answer.json()
        assert {**record, "seconds": None} == {**expected, "file": name, "seconds": None}
        assert record["seconds"]["total"] > 0


def test_each_page_of_a_file_is_a_record_and_pages_chooses() -> None:
    client = start_client()[0]
    tiff = encode([write_page(text) for text in ("17", "4237", "58")], ".tif")
    assert list_texts(send(client, tiff).json()) == [["17"], ["4237"], ["58"]]
    assert [record["page"] for record in send(client, tiff, address="/read?pages=2-").json()] == [2, 3]
    beyond = send(client, tiff, address="/read?pages=7")
    assert (beyond.status_code, beyond.json()["error"]["message"]) == (422, "there is no page 7; it has 3")


def test_parameters_do_what_the_flags_do(client: TestClient) -> None:
    def read_statuses(query: str) -> set[str]:
        return {number["status"] for number in send(client, address=f"/read?{query}").json()[0]["numbers"]}

    assert read_statuses("reject_below=1") == {"rejected"}
    assert read_statuses("reject_below=0&no_turn=true&signs=1&writing=any&dpi=300") == {"accepted"}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty"),
        (b"I am a letter, not a photo.", "not-a-picture"),
        (JPEG[: len(JPEG) // 2], "damaged"),
        (make_bomb(60_000), "size"),
        (cv2.imencode(".png", np.zeros((2, 2), np.uint8))[1].tobytes(), "size"),
        (b"%PDF-1.7\n", "damaged"),
    ],
    ids=["empty", "text", "cut", "bomb", "tiny", "PDF"],
)
def test_file_that_cannot_be_read_is_told_as_on_the_command_line(client: TestClient, raw: bytes, code: str) -> None:
    for answer in (send(client, raw), client.post("/read", content=raw)):
        assert answer.status_code == 422
        record = answer.json()
        assert (record["status"], record["error"]["code"], record["numbers"]) == ("failed", code, [])
        assert record["error"]["message"] and "\n" not in record["error"]["message"]


def test_password_comes_in_a_header_or_the_form_and_never_in_the_address(client: TestClient) -> None:
    locked = make_locked_pdf("four words long enough")
    bare = send(client, locked)
    assert (bare.status_code, bare.json()["error"]["code"]) == (422, "encrypted")
    assert bare.json()["error"]["hint"] == "give its password in the header X-Password"
    small = "/read?dpi=36"
    assert send(client, locked, address=small, headers={"X-Password": "four words long enough"}).status_code == 200
    assert send(client, locked, address=small, data={"password": "four words long enough"}).status_code == 200
    assert send(client, locked, data={"password": "wrong"}).status_code == 422
    told = send(client, locked, address="/read?password=secret")
    assert told.status_code == 400 and "secret" not in told.text


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("reject_below=2", "reject_below: Input should be less than or equal to 1, received '2'"),
        ("reject_below=nan", "reject_below: "),
        ("writing=print", "writing: Input should be 'any', 'hand' or 'printed', received 'print'"),
        ("signs=maybe", "signs: Input should be a valid boolean"),
        ("pages=3-1", "pages: expected pages like 1-3,7,20-, received '3-1'"),
        ("dpi=2", "dpi: expected 36 to 1200, received 2"),
        ("dpi=fine", "dpi: Input should be a valid integer"),
        ("strict=1", "there is no parameter 'strict'"),
    ],
)
def test_wrong_parameter_is_one_clear_line(client: TestClient, query: str, message: str) -> None:
    answer = send(client, address=f"/read?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith(message)
    assert "\n" not in answer.json()["error"]["message"]


def test_wrong_forms(client: TestClient) -> None:
    wrong = {
        "another field": client.post("/read", files={"picture": ("a.png", PNG)}),
        "text": client.post("/read", files={"x": ("a.png", PNG)}, data={"file": "a.png"}),
        "two": client.post("/read", files=[("file", ("a.png", PNG)), ("file", ("b.png", PNG))]),
        "no boundary": client.post("/read", content=PNG, headers={"Content-Type": "multipart/form-data"}),
        "cut": client.post("/read", content=b"--a", headers={"Content-Type": "multipart/form-data; boundary=a"}),
    }
    assert {name: answer.status_code for name, answer in wrong.items()} == dict.fromkeys(wrong, 400)
    assert "no file in a field 'file': its fields are 'picture'" in wrong["another field"].json()["error"]["message"]


def test_too_large_upload() -> None:
    client = start_client(most_bytes=len(PNG) - 1)[0]
    chunks = client.post("/read", content=iter([PNG[:100], PNG[100:]]))
    for answer in (send(client), client.post("/read", content=PNG), chunks):
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too-large")
    assert start_client(most_bytes=len(PNG))[0].post("/read", content=PNG).status_code == 200
    assert send(start_client(most_bytes=len(PNG))[0]).status_code == 200


def test_full_queue_answers_503_at_once_and_reads_again_later() -> None:
    client, reader = start_client(most_requests=1)
    with reader.enter():
        busy = send(client)
        assert (busy.status_code, busy.headers["Retry-After"], busy.json()["error"]["code"]) == (503, "1", "busy")
    assert send(client).status_code == 200
    assert send(client, b"").status_code == 422  # a failure gives its place back, too
    assert send(client).status_code == 200


@pytest.mark.parametrize("given", [None, "Bearer wrong", "Bearer ", "Basic s3cret", "Bearer s3cret\u00e9"])
def test_token_is_asked_for(given: str | None) -> None:
    client = start_client(token="s3cret")[0]
    headers = {"Authorization": given.encode("utf-8")} if given else {}
    for answer in (send(client, headers=headers), client.get("/metrics", headers=headers)):
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert answer.json()["error"]["code"] == "token"
    assert client.get("/health", headers=headers).status_code == 200
    right = {"Authorization": "Bearer s3cret"}
    assert send(client, headers=right).status_code == client.get("/metrics", headers=right).status_code == 200


@pytest.mark.parametrize(
    ("code", "status"), [("crash", 422), ("memory", 422), ("timeout", 504), ("bug", 500)], ids=lambda value: str(value)
)
def test_what_a_page_does_to_its_process_has_a_status(code: str, status: int) -> None:
    assert FAILURE_STATUS.get(code, 422) == status
    answer = send(start_client(outcomes=[fail(code)])[0])
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_bug_in_the_server_is_told_and_costs_one_request(monkeypatch: pytest.MonkeyPatch) -> None:
    client, reader = start_client()
    monkeypatch.setattr(reader, "read", lambda *_: 1 / 0)
    answer = send(client)
    assert (answer.status_code, answer.json()["error"]["message"]) == (500, "ZeroDivisionError: division by zero")
    monkeypatch.undo()
    assert send(client).status_code == 200


def test_other_addresses_and_methods(client: TestClient) -> None:
    for answer, status in ((client.get("/read"), 405), (client.get("/nothing"), 404), (client.post("/health"), 405)):
        assert answer.status_code == status
        assert set(answer.json()["error"]) == {"code", "message", "hint"}
    assert client.get("/health").json()["status"] == "ok"


def test_verbose_tells_each_request(capsys: pytest.CaptureFixture[str]) -> None:
    client = start_client(is_verbose=True)[0]
    send(client)
    send(client, b"")
    client.get("/health")
    assert capsys.readouterr().err == "POST /read: 200\nPOST /read: 422\n"


def test_metrics_count_answers_pages_and_numbers() -> None:
    client = start_client()[0]
    send(client, address="/read?reject_below=0")
    send(client, b"")
    lines = client.get("/metrics").text.splitlines()
    for line in (
        'digits_answers_total{status="200"} 1.0',
        'digits_answers_total{status="422"} 1.0',
        'digits_pages_total{status="ok"} 1.0',
        'digits_pages_total{status="failed"} 1.0',
        'digits_numbers_total{status="accepted"} 2.0',
        "digits_read_seconds_count 2.0",
        "digits_requests_in_flight 0.0",
    ):
        assert line in lines


def test_page_for_people_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "://" not in page.text and 'fetch("openapi.json")' in page.text


@pytest.mark.parametrize("token", [None, "s3cret"])
def test_description_is_valid_openapi_and_its_examples_fit(token: str | None) -> None:
    described = start_client(token)[0].get("/openapi.json").json()
    OpenAPI.model_validate(described)
    post = described["paths"]["/read"]["post"]
    assert set(post["responses"]) == {str(status) for status in READ_ANSWERS if token or status != 401}
    assert [("security" in path) for path in (post, described["paths"]["/metrics"]["get"])] == [token is not None] * 2
    assert set(post["requestBody"]["content"]) >= {"multipart/form-data", "application/octet-stream"}
    assert {"reject_below", "no_turn", "writing", "signs", "pages", "dpi", "X-Password"} == {
        parameter["name"] for parameter in post["parameters"]
    }
    for answer in post["responses"].values():
        content = answer["content"]["application/json"]
        jsonschema.validate(content["example"], content["schema"])


def test_examples_have_the_keys_of_real_answers(client: TestClient) -> None:
    def list_keys(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value).union(*(list_keys(inner) for name, inner in value.items() if name != "seconds"))
        return set().union(*map(list_keys, value)) if isinstance(value, list) else set()

    def find_example(status: int) -> Any:
        return READ_ANSWERS[status]["content"]["application/json"]["example"]

    assert list_keys(send(client).json()) == list_keys(find_example(200))
    assert list_keys(send(client, b"").json()) == list_keys(find_example(422))
    assert list_keys(send(client, address="/read?dpi=1").json()) == list_keys(find_example(400))


FAILING = start_client(outcomes=[fail("damaged")] * 1_000)[0]


@given(
    query=st.dictionaries(st.sampled_from(["pages", "dpi", "signs", "writing", "reject_below", "x"]), st.text()),
    body=st.one_of(st.binary(max_size=300), st.just(PNG)),
    kind=st.sampled_from(["multipart/form-data; boundary=a", "image/png", "", "multipart/form-data", "text/html"]),
)
def test_any_request_gets_a_described_answer(query: dict[str, str], body: bytes, kind: str) -> None:
    answer = FAILING.post("/read", params=query, content=body, headers={"Content-Type": kind})
    assert answer.status_code in (400, 422)
    assert set(json.loads(answer.text)["error"]) == {"code", "message", "hint"}
