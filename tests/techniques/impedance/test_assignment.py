import numpy as np
import pytest

from pelletry.core.quantity import Estimate
from pelletry.techniques.impedance.model.assignment import (
    ArcEvidence,
    assign_path,
    candidates_from_capacitance,
    pooled_capacitance,
    scaled_capacitance,
)

THIN_PELLET = 0.46e-3 / 5.94e-5  # 7.7 /m, LATP pellet of 8.7 mm diameter
THICK_PELLET = 2.1e-3 / (np.pi * 4e-3**2)  # 41.8 /m
MEGAHERTZ = 1e6


def farad(value):
    return Estimate(value=value, unit="F", method="Hsu-Mansfeld")


def arc(capacitance, name="arc 1", resistance=1e4, **more):
    return ArcEvidence(name=name, resistance_ohm=resistance, capacitance=farad(capacitance), **more)


def path(*arcs, series=None, k=THIN_PELLET, blocking=True, grain_size=None):
    return assign_path(
        arcs=arcs,
        series_resistance_ohm=series,
        is_blocking=blocking,
        cell_constant_per_m=k,
        highest_frequency_Hz=MEGAHERTZ,
        grain_size_m=grain_size,
    )


@pytest.mark.parametrize(
    ("capacitance", "process"),
    [
        (1e-12, "bulk"),
        (1e-10, "grain boundary"),
        (3e-8, "surface layer"),
        (1e-6, "electrode"),
        (1e-4, "electrode"),
    ],
)
def test_printed_ranges_are_found_by_their_own_middle(capacitance, process):
    assert candidates_from_capacitance(capacitance_scaled_F=capacitance)[0] == process


def test_scaling_is_by_the_cell_constant():
    assert scaled_capacitance(capacitance_F=2e-9, cell_constant_per_m=THIN_PELLET) == pytest.approx(1.55e-10, rel=0.01)


def test_two_nanofarad_arc_alone_is_not_the_bulk():
    (found,) = path(arc(2e-9))
    assert "bulk" not in candidates_from_capacitance(capacitance_scaled_F=found.capacitance_scaled_F)
    assert "it is not the bulk" in found.reason
    (_, behind_grains) = path(arc(2e-9), series=400.0)
    assert behind_grains.role == "grain boundary"
    assert "permittivity of" in found.reason


def test_unscaled_the_same_arc_would_pass_for_a_surface_layer_too():
    assert "surface layer" in candidates_from_capacitance(capacitance_scaled_F=2e-9)
    assert "surface layer" not in path(arc(2e-9))[0].candidates


def test_latp_pellet_series_resistance_is_the_grains():
    # 901 ohm at -40 °C: with 10 pF the grains would peak at 18 MHz.
    bulk, boundary = path(arc(2e-9, resistance=3.2e4), series=901.0)
    assert bulk.role == "bulk"
    assert "window ends at 1 MHz" in bulk.reason
    assert boundary.role == "grain boundary"
    assert boundary.is_firm


def test_series_resistance_whose_arc_would_have_been_seen_is_not_the_grains():
    series, _ = path(arc(2e-9, resistance=3.2e4), series=5e6)
    assert series.role == "undecided"
    assert "would have been seen" in series.reason


def test_grain_arc_and_boundary_arc_of_a_dense_pellet():
    # 7.9 pF and 2 nF: delta/d = 0.4 %, 4 nm for grains of 1 µm.
    bulk, boundary = path(arc(1e-10), arc(2.5e-8, "arc 2"), grain_size=1e-6)
    assert [bulk.role, boundary.role] == ["bulk", "grain boundary"]
    assert boundary.thickness_ratio == pytest.approx(0.004)
    assert "4 nm thick" in boundary.reason


def test_wide_boundary_is_grain_boundary_with_a_doubt():
    # The real series: 6.4 and 17.8 pF, 41.8 /m. The second arc is no thin boundary and the reason says so.
    bulk, boundary = path(arc(6.4e-12), arc(17.8e-12, "arc 2"), k=THICK_PELLET)
    assert bulk.role == "bulk"
    assert bulk.permittivity == pytest.approx(30.2, rel=0.01)
    assert boundary.role == "grain boundary"
    assert not boundary.is_firm
    assert boundary.candidates == ("grain boundary", "minor phase")
    assert "36 % of the grain size" in boundary.reason


def test_overlap_of_boundary_and_surface_layer_stays_undecided_and_says_what_would_help():
    (found,) = path(arc(5e-8))
    assert found.role == "undecided"
    assert set(found.candidates) == {"grain boundary", "surface layer"}
    assert "the grain size" in found.missing


def test_surface_layer_or_electrode_is_undecided_without_a_blocking_leg():
    open_, blocked = path(arc(1.2e-6), blocking=False)[0], path(arc(1.2e-6))[0]
    assert open_.role == "undecided"
    assert blocked.role == "surface layer"
    assert "the electrode is the blocking leg" in blocked.reason


def test_without_geometry_nothing_is_decided_and_the_missing_is_named():
    series, first = path(arc(2e-9), series=900.0, k=None)
    assert series.role == first.role == "undecided"
    assert first.missing == ("thickness and electrode area",)
    assert "scaled by l/A" in first.reason


def test_unresolved_arc_keeps_the_reason_of_the_fit():
    (found,) = path(arc(2e-9, is_resolved=False, why_not="its arc peaks at 18 MHz, the window ends at 1 MHz"))
    assert found.role == "undecided"
    assert "18 MHz" in found.reason


def test_resistance_before_a_grain_arc_is_leads():
    series, bulk = path(arc(5e-11), series=2.0)
    assert series.role == "leads"
    assert bulk.role == "bulk"


def test_pooled_capacitance_is_the_middle_of_the_temperatures():
    pooled = pooled_capacitance([farad(6e-12), None, farad(7e-12), farad(6.4e-12)])
    assert pooled.value == pytest.approx(6.4e-12)
    assert pooled.std / pooled.value == pytest.approx(np.std(np.log([6, 7, 6.4]), ddof=1))
    assert pooled_capacitance([None]) is None


def test_a_boundary_with_nothing_before_it_holds_the_grains_too():
    arc = ArcEvidence(
        name="arc 1", resistance_ohm=2e3, capacitance=Estimate(value=1e-9, std=1e-11, unit="F", method="m")
    )
    shared = {"arcs": [arc], "is_blocking": True, "cell_constant_per_m": 10.0, "highest_frequency_Hz": 1e6}
    (alone,) = assign_path(series_resistance_ohm=None, **shared)
    _, behind_grains = assign_path(series_resistance_ohm=400.0, **shared)
    assert alone.role == "undecided"
    assert "holds theirs as well" in alone.reason
    assert behind_grains.role == "grain boundary"
