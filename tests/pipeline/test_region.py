"""Regions: which pixels of a picture they are, in pixels and percent, and what is refused."""

from __future__ import annotations

import pytest

from pipeline.errors import RegionError
from pipeline.geometry import Box
from pipeline.region import Region


@pytest.mark.parametrize(
    ("region", "box"),
    [
        (Region(10, 20, 30, 40), Box(10, 20, 30, 40)),
        (Region(10, 20, 999, 999), Box(10, 20, 200, 100)),
        (Region(0, 0, 100, 100, is_percent=True), Box(0, 0, 200, 100)),
        (Region(10, 20, 90, 60, is_percent=True), Box(20, 20, 180, 60)),
        (Region(33.3, 0, 33.4, 100, is_percent=True), Box(66, 0, 67, 100)),
    ],
    ids=["inside", "over the edge", "all of it", "percent", "thinner than a pixel"],
)
def test_region_of_a_picture(region: Region, box: Box) -> None:
    assert region.find_box((200, 100)) == box


@pytest.mark.parametrize("region", [Region(200, 0, 300, 50), Region(0, 100, 50, 120)], ids=["right of it", "below it"])
def test_region_beyond_the_picture_is_told(region: Region) -> None:
    with pytest.raises(RegionError, match=f"the region {region} lies beyond the picture of 200 x 100 px; give --roi"):
        region.find_box((200, 100))


@pytest.mark.parametrize(
    "sides",
    [(5, 0, 5, 9), (0, 9, 5, 3), (-1, 0, 5, 5), (0, 0, float("inf"), 5)],
    ids=["no width", "upside down", "negative", "infinite"],
)
def test_empty_region_is_refused(sides: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="Region: expected"):
        Region(*sides)


def test_percent_end_at_100() -> None:
    with pytest.raises(ValueError, match="at most 100 %"):
        Region(0, 0, 101, 50, is_percent=True)


def test_region_is_spelled_as_it_is_typed() -> None:
    assert str(Region(1, 2, 30, 40)) == "1,2,30,40"
    assert str(Region(10, 20.5, 90, 60, is_percent=True)) == "10%,20.5%,90%,60%"
