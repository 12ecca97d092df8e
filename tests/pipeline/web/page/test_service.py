from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import ModelError
from pipeline.recognition.classify import MODELS_DIR
from pipeline.web.page import service as module
from pipeline.web.page.service import Service, SharedPool, find_service, install
from tests.support.sessions import make_service


class FakePool(SharedPool):
    """Processes that know where their model lies, and whether they run."""

    def __init__(self, model: str, is_good: bool) -> None:
        self.model, self.is_good, self.is_stopped = model, is_good, False

    def check_model(self) -> tuple[str, ...]:
        assert Path(self.model).exists() or (MODELS_DIR / self.model).exists()
        if not self.is_good:
            raise ModelError(f"{self.model}: is damaged", f"look at {Path(self.model).name}")
        return (f"{self.model}: has no line network",)

    def stop(self) -> None:
        self.is_stopped = True


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[FakePool]:
    """Return the pools that are started from now on; a model of the bytes ``bad`` cannot be loaded."""
    pools: list[FakePool] = []

    def start(_: Service, model: str) -> FakePool:
        is_good = not Path(model).is_file() or Path(model).read_bytes() != b"bad"
        pools.append(FakePool(model, is_good))
        return pools[-1]

    monkeypatch.setattr(Service, "_start", start)
    return pools


@pytest.fixture
def service() -> Iterator[Service]:
    yield make_service()


def test_models_to_choose_from_read_digits(service: Service) -> None:
    models = service.list_models()
    assert models[0] == "digits"
    assert len(set(models)) == len(models) and not {"lines", "page"} & set(models)


def test_each_model_is_started_once(service: Service, started: list[FakePool]) -> None:
    assert service.find_pool("digits") is service.pool
    other = service.list_models()[1]
    assert service.find_pool(other) is service.find_pool(other)
    assert len(started) == 1
    service.stop()
    assert started[0].is_stopped


@pytest.mark.parametrize("name", ["lines", "../models/digits", "none"])
def test_other_models_cannot_be_chosen(service: Service, started: list[FakePool], name: str) -> None:
    with pytest.raises(ModelError, match="there is no such model to choose"):
        service.find_pool(name)
    assert started == []


def test_uploaded_model_goes_with_its_session(service: Service, started: list[FakePool]) -> None:
    uploaded = service.open_upload("mine.tflite", b"good")
    folder = Path(started[0].model).parent
    assert folder.is_dir() and uploaded.pool is started[0]
    assert uploaded.notes == ("the model: has no line network",)
    del uploaded
    gc.collect()
    assert started[0].is_stopped and not folder.exists()


def test_uploaded_model_that_cannot_be_loaded(service: Service, started: list[FakePool]) -> None:
    with pytest.raises(ModelError, match="^the model: is damaged; look at the model$"):
        service.open_upload("mine.keras", b"bad")
    assert started[0].is_stopped and not Path(started[0].model).parent.exists()


def test_other_endings_are_no_models(service: Service, started: list[FakePool]) -> None:
    with pytest.raises(ModelError, match=r"mine.py: is no model; give a file that ends in .tflite or .keras"):
        service.open_upload("mine.py", b"good")
    assert started == []


def test_few_uploaded_models_are_loaded_at_once(
    service: Service, started: list[FakePool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_UPLOADED", 1)
    first = service.open_upload("a.tflite", b"good")
    with pytest.raises(ModelError, match="as many models loaded as there is room for"):
        service.open_upload("b.tflite", b"good")
    first.close()
    with pytest.raises(ModelError):
        service.open_upload("b.tflite", b"bad")
    service.open_upload("c.tflite", b"good").close()


def test_service_of_the_process() -> None:
    with pytest.raises(RuntimeError, match="--serve"):
        find_service()
    service = make_service()
    install(service)
    try:
        assert find_service() is service
    finally:
        install(None)
