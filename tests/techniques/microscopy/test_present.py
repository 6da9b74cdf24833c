"""What is drawn, tabled, kept and handed on."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("skimage")

from pelletry.core.facts import GrainSize, Porosity
from pelletry.study.serial import decoded, encoded
from pelletry.techniques.microscopy import CARD
from pelletry.techniques.microscopy.pooled import CONVENTIONS
from pelletry.virtual.polycrystal import PolycrystalTruth


@pytest.fixture(scope="module")
def result(seen, analysed):  # type: ignore[no-untyped-def]
    _, pixels = seen(
        PolycrystalTruth(rows=300, columns=400, grains=120, pores_fraction=0.05, open_boundaries_fraction=0.1)
    )
    return analysed(pixels)


def test_the_result_survives_being_kept(result) -> None:  # type: ignore[no-untyped-def]
    again = decoded(encoded(result))
    assert again == result
    assert encoded(again) == encoded(result)


def test_every_quantity_says_its_convention(result) -> None:  # type: ignore[no-untyped-def]
    assert [one.name for one in result.quantities] == list(CONVENTIONS)
    table = next(t for t in CARD.present(result).tables if t.key == "microscopy_conventions")
    assert [row[2] for row in table.rows] == list(CONVENTIONS.values())


def test_facts_name_their_convention(result) -> None:  # type: ignore[no-untyped-def]
    sizes = [fact for fact in result.facts if isinstance(fact, GrainSize)]
    assert [fact.convention for fact in sizes] == [
        "mean linear intercept",
        "mean equivalent-circle diameter by number",
        "mean equivalent-circle diameter weighted by area",
    ]
    assert sizes[0].grains == result.grain_count > 50
    porosity = next(fact for fact in result.facts if isinstance(fact, Porosity))
    assert porosity.low_fraction <= porosity.porosity_fraction.value <= porosity.high_fraction


def test_the_segmentation_is_drawn_over_the_picture(result) -> None:  # type: ignore[no-untyped-def]
    figures = CARD.present(result).figures
    picture, histogram = figures[0].panels
    assert picture.picture is not None
    assert picture.picture.pixels.shape == (300, 400, 3)
    assert picture.picture.x_limits == pytest.approx((0.0, 20.0))  # 400 pixels of 50 nm
    coloured = np.ptp(picture.picture.pixels.astype(int), axis=2) > 40
    assert 0.05 < coloured.mean() < 0.6
    bars = next(series for series in histogram.series if series.style == "bars")
    assert bars.y.sum() == pytest.approx(100.0)


def test_tables_have_the_convention_beside_the_number(result) -> None:  # type: ignore[no-untyped-def]
    tables = {table.key: table for table in CARD.present(result).tables}
    rows = {row[0]: row for row in tables["microscopy_conventions"].rows}
    assert "1.558" in rows["mendelson_diameter"][2]
    assert rows["astm_g_intercept"][1]
    assert len(tables["microscopy_thresholds"].rows) == 5


def test_the_card_is_whole() -> None:
    assert CARD.name == "microscopy"
    assert {column.key for column in CARD.sample_columns} == {"pixel_size", "scale_bar", "scale_bar_pixels"}
