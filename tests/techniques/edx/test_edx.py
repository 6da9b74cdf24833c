"""Line scans, maps and spectra from file to result: thickness, floor, tilt, elements, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pelletry.core.errors import MeasurementError
from pelletry.core.facts import LayerThickness
from pelletry.core.provenance import Origin
from pelletry.core.quantity import Unresolved
from pelletry.core.record import Column, Hint, Record
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.formats.open_file import read_file
from pelletry.study.serial import decoded, encoded
from pelletry.techniques.edx import CARD
from pelletry.techniques.edx.measurement import ElementMap
from pelletry.techniques.edx.read import read
from pelletry.techniques.edx.result import EdxResult
from pelletry.techniques.edx.settings import EdxSettings
from pelletry.virtual.electron_probe import LayerTruth, layer_counts, line_scan_csv, map_csv, spectrum_text

POSITION_M = np.arange(0, 24e-6, 0.2e-6)
ORIGIN = Origin(path="raw/a", sha256="0", format="table-text")


def codes(result: EdxResult) -> dict[str, str]:
    return {finding.code: finding.sentence for finding in result.findings}


def result_of(*paths: Path, composition: str | None = "LiZr2(PO4)3", **settings: object) -> EdxResult:
    records = [record for path in paths for record in read_file(path)]
    inputs = Inputs(sample=Sample(name="p1", composition=composition), settings=CARD.settings(**settings))
    result: EdxResult = CARD.analyse(CARD.read(records), inputs)
    return result


def line_file(folder: Path, layer: LayerTruth, *, seed: int = 0, name: str = "line.csv") -> Path:
    """LiTi2(PO4)3 on LiZr2(PO4)3 as El-Shinawi 2018 has it: Ti in the layer, Zr behind it, P and O in both."""
    random = np.random.default_rng(seed)
    profiles = {
        "Ti K": layer_counts(POSITION_M, layer, inside=150, before=2, behind=3, random=random),
        "Zr L": layer_counts(POSITION_M, layer, inside=4, before=2, behind=120, random=random),
        "P K": layer_counts(POSITION_M, layer, inside=110, before=3, behind=112, random=random),
    }
    path = folder / name
    path.write_bytes(line_scan_csv(POSITION_M, profiles, comment="simulated", beam_keV=15))
    return path


def test_the_ten_micrometre_layer_comes_back(tmp_path: Path) -> None:
    result = result_of(
        line_file(tmp_path, LayerTruth(thickness_m=10e-6)),
        layer="LiTi2(PO4)3", layer_density_kg_per_m3=2940.0, beam_keV=15.0,
    )  # fmt: skip
    thickness = result.estimate("layer_thickness")
    assert thickness is not None
    assert thickness.std is not None
    assert result.element == "Ti"
    assert abs(thickness.value - 10e-6) < 3 * thickness.std < 0.5e-6
    (fact,) = result.facts
    assert isinstance(fact, LayerThickness)
    assert (fact.element, fact.layer) == ("Ti", "LiTi2(PO4)3")
    assert result.floor_m == pytest.approx(2.4e-6, rel=0.02)
    # What the detector cannot part is said, since the P profile holds Zr.
    assert "P Kα and Zr Lα (28 eV apart)" in codes(result)["edx-lines-overlap"]


def test_several_lines_give_one_thickness_with_their_spread(tmp_path: Path) -> None:
    sizes = (9.5e-6, 10e-6, 10.5e-6)
    paths = [line_file(tmp_path, LayerTruth(thickness_m=s), seed=i, name=f"{i}.csv") for i, s in enumerate(sizes)]
    result = result_of(*paths)
    thickness = result.estimate("layer_thickness")
    assert thickness is not None
    roughness = next(q.quantity for q in result.quantities if q.name == "layer_roughness")
    assert isinstance(roughness, Unresolved)
    assert "3 lines" in roughness.reason
    assert thickness.value == pytest.approx(10e-6, rel=0.01)
    assert thickness.std == pytest.approx(0.5e-6 / np.sqrt(3), rel=0.2)


def test_a_line_at_an_angle_is_shortened_by_its_cosine(tmp_path: Path) -> None:
    path = line_file(tmp_path, LayerTruth(thickness_m=10e-6))
    straight, tilted = (result_of(path, line_tilt_deg=angle).estimate("layer_thickness") for angle in (0.0, 60.0))
    assert straight is not None
    assert tilted is not None
    assert tilted.value == pytest.approx(0.5 * straight.value)


def test_a_layer_below_the_interaction_volume_is_refused(tmp_path: Path) -> None:
    path = line_file(tmp_path, LayerTruth(thickness_m=1.8e-6, spread_m=0.25e-6))
    known = result_of(path, layer="LiTi2(PO4)3", layer_density_kg_per_m3=2940.0, beam_keV=15.0)
    quantity = next(q.quantity for q in known.quantities if q.name == "layer_thickness")
    assert isinstance(quantity, Unresolved)
    assert "Kanaya-Okayama range of LiTi2(PO4)3 at 15 kV" in quantity.reason
    assert known.facts == ()
    assert "layer-below-interaction-volume" in codes(known)
    # Nothing known: the floor is 1 µm, and that is said.
    unknown = result_of(path)
    assert unknown.estimate("layer_thickness") is not None
    assert "interaction-volume-assumed" in codes(unknown)
    thin = line_file(tmp_path, LayerTruth(thickness_m=0.7e-6, spread_m=0.1e-6), name="thin.csv")
    assert result_of(thin).estimate("layer_thickness") is None


def test_a_line_with_one_edge_gives_the_reason(tmp_path: Path) -> None:
    result = result_of(line_file(tmp_path, LayerTruth(start_m=-4e-6)))
    assert result.estimate("layer_thickness") is None
    assert "both edges" in codes(result)["edx-no-layer"]


def test_a_sloped_wavy_layer_of_a_map(tmp_path: Path) -> None:
    """60 columns; the layer rises by 0.1 m/m and its thickness swings by 0.5 µm."""
    pixel_m, rows, columns = 0.3e-6, 80, 60
    random = np.random.default_rng(5)
    x = (np.arange(rows) + 0.5) * pixel_m
    swing = 0.5e-6 * np.sin(np.arange(columns) * 2 * np.pi / 30)
    values = np.column_stack(
        [
            layer_counts(x, LayerTruth(start_m=5e-6 + 0.1 * j * pixel_m, thickness_m=10e-6 + swing[j], spread_m=0.4e-6), inside=60, before=1, behind=1, random=random)
            for j in range(columns)
        ]
    )  # fmt: skip
    path = tmp_path / "map.csv"
    path.write_bytes(map_csv({"Ti K": values}, pixel_m=pixel_m, comment="simulated"))
    result = result_of(path, profiles_per_map=30)
    (layer,) = result.maps
    thickness, roughness = result.estimate("layer_thickness"), result.estimate("layer_roughness")
    assert layer.fitted_count == 30
    assert thickness is not None
    assert roughness is not None
    # The swing of the far edge tilts the straight line through the middle a little.
    along = (np.arange(columns) + 0.5) * pixel_m
    slope = np.polyfit(along, 0.1 * along + 0.5 * swing, 1)[0]
    assert layer.slope_deg == pytest.approx(np.degrees(np.arctan(slope)), abs=0.3)
    assert thickness.value == pytest.approx(10e-6 * np.cos(np.arctan(slope)), rel=0.01)
    assert roughness.value == pytest.approx(0.5e-6 / np.sqrt(2), rel=0.2)
    turned = Record(
        name="turned", technique="edx", columns=(), origin=ORIGIN, image=values.T.astype(np.int64),
        header={"element": "Ti"}, hints=(Hint(name="pixel_size", value=pixel_m, unit="m", source="header"),),
    )  # fmt: skip
    inputs = Inputs(sample=Sample(name="p1"), settings=EdxSettings(profiles_per_map=30))
    other = CARD.analyse(CARD.read([turned]), inputs)
    assert other.maps[0].is_across_rows is False
    assert other.estimate("layer_thickness").value == pytest.approx(thickness.value, rel=1e-6)


def test_a_map_takes_its_element_from_the_role_and_needs_a_scale() -> None:
    image = np.random.default_rng(0).poisson(5.0, (40, 50))
    plain = Record(name="m", technique="edx", columns=(), origin=ORIGIN, image=image)
    with pytest.raises(MeasurementError, match="of which element"):
        read([plain])
    told = Record(
        name="m", technique="edx", columns=(), origin=ORIGIN, image=image,
        hints=(Hint(name="role", value="map Ti", unit="", source="files.csv"),),
    )  # fmt: skip
    (measured,) = read([told])
    assert isinstance(measured, ElementMap)
    assert measured.element == "Ti"
    result = CARD.analyse([measured], Inputs(sample=Sample(name="p1"), settings=EdxSettings()))
    assert "how large a pixel is" in codes(result)["map-without-scale"]


def table(*columns: tuple[str, str, list[float]]) -> Record:
    made = tuple(Column(name=n, unit=u, values=np.array(v)) for n, u, v in columns)
    return Record(name="t", technique="edx", columns=made, origin=ORIGIN)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (table(("Distance", "", list(range(20))), ("Ti", "", [1.0] * 20)), "no unit of length"),
        (table(("Distance", "µm", [0, 1, 2]), ("Ti", "", [1.0] * 3)), "3 whole points"),
        (table(("Distance", "µm", [0, 1] * 10), ("Ti", "", [1.0] * 20)), "two points at one distance"),
        (table(("Distance", "µm", list(range(20))), ("Foo", "", [1.0] * 20)), "no line scan"),
        (table(("X", "µm", [0, 1, 2, 0]), ("Y", "µm", [0, 0, 0, 1]), ("Ti", "", [1.0] * 4)), "do not fill a grid"),
        (table(("Channel", "", list(range(20))), ("Counts", "", [1.0] * 20)), "no energy axis"),
    ],
)
def test_bad_tables_are_named(record: Record, message: str) -> None:
    with pytest.raises(MeasurementError, match=message):
        read([record])


def test_weight_percent_is_not_weighted_as_counts(tmp_path: Path) -> None:
    path = tmp_path / "percent.csv"
    values = layer_counts(POSITION_M, LayerTruth(), inside=25, before=0, behind=0) + np.random.default_rng(0).normal(
        0, 0.5, len(POSITION_M)
    )
    lines = ["Distance (µm),Ti (wt%)", *(f"{x * 1e6:.3f},{v:.3f}" for x, v in zip(POSITION_M, values, strict=True))]
    path.write_text("\n".join(lines), encoding="utf-8")
    records = read_file(path)
    measured = CARD.read(records)
    result = CARD.analyse(measured, Inputs(sample=Sample(name="p1"), settings=EdxSettings()))
    assert not result.profiles[0].fit.is_poisson
    assert result.estimate("layer_thickness").value == pytest.approx(10e-6, rel=0.01)
    assert "profile-taken-as-counts" not in codes(result)


def test_a_spectrum_is_held_against_the_composition(tmp_path: Path) -> None:
    path = tmp_path / "spectrum.txt"
    lines = [
        (0.525, 4000),
        (2.014, 3000),
        (1.487, 400),
        (0.277, 500),
    ]  # O, P, Al that is foreign, C of the coating; no Ti
    path.write_bytes(spectrum_text(lines, comment="simulated", beam_keV=15, random=np.random.default_rng(2)))
    result = result_of(path, composition="LiTi2(PO4)3")
    found = codes(result)
    assert "shows Al, not" in found["edx-foreign-element"]
    assert "does not show Ti" in found["edx-element-missing"]
    assert "Li cannot be seen" in found["edx-elements-not-visible"]
    assert not result.quantities


def test_lines_of_a_real_steel(raw_data: Callable[..., Path]) -> None:
    path = raw_data("edx", "hyperspy+rosettasciio", "extracted_from_bcf.spx")
    seen = {line.element for line in result_of(path, composition=None).spectra[0].lines if line.is_seen}
    assert {"Fe", "Cr", "Ni"} <= seen
    assert not {"Ti", "Zr", "Al"} & seen


def test_the_result_survives_being_kept_and_is_drawn(tmp_path: Path) -> None:
    result = result_of(line_file(tmp_path, LayerTruth()))
    assert encoded(decoded(encoded(result))) == encoded(result)
    shown = CARD.present(result)
    (figure,) = shown.figures
    labels = [series.label for series in figure.panels[0].series]
    assert labels == ["Ti", "fit of Ti", "Zr", "P"]
    edges = [mark.x for mark in figure.panels[0].marks]
    assert edges == pytest.approx([6.0, 16.0], abs=0.2)
    assert "no concentrations" not in shown.method_paragraph


def test_a_layer_that_is_no_formula_is_no_setting() -> None:
    with pytest.raises(ValueError, match="no formula"):
        EdxSettings(layer="some layer")
