"""From spectra of known pellets to the numbers behind them, with each way in which a number must be withheld or flagged.

The spectra are computed here from closed forms; the analysis knows neither the circuit nor the values.
"""

from __future__ import annotations

import math
from typing import Any

import attrs
import numpy as np
import pytest

from pelletry.core.errors import MeasurementError
from pelletry.core.facts import ActivationEnergy, IonicConductivity, PelletGeometry
from pelletry.core.provenance import Origin
from pelletry.core.quantity import Estimate, Quantity, Unresolved
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.study.serial import decoded, encoded
from pelletry.techniques.impedance.analyse import analyse
from pelletry.techniques.impedance.findings import CODES
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum
from pelletry.techniques.impedance.result import ImpedanceResult
from pelletry.techniques.impedance.settings import ImpedanceSettings

K_EV_PER_K = 8.617333262e-5
F = np.logspace(6, -1, 71)
THICKNESS_M, AREA_M2 = 1.0e-3, 1.0e-4
GEOMETRY = PelletGeometry(
    sample="P",
    given_by="calliper",
    thickness_m=Estimate(value=THICKNESS_M, std=0.01 * THICKNESS_M, unit="m", method="as stated"),
    electrode_area_m2=Estimate(value=AREA_M2, std=0.02 * AREA_M2, unit="m2", method="as stated"),
)
TEMPERATURES_K = tuple(range(233, 354, 20))


def resistance(temperature_K: float, *, at_293_ohm: float, energy_eV: float) -> float:
    """R = l/(A sigma) with sigma T = const exp(-Ea/kT)."""
    exponent = energy_eV / K_EV_PER_K * (1 / temperature_K - 1 / 293.0)
    return at_293_ohm * temperature_K / 293.0 * math.exp(exponent)


def spectrum(temperature_K: float, *, noise: float = 0.002, scale: float = 1.0) -> ImpedanceSpectrum:
    """A grain arc (20 pF), a grain-boundary arc (1 nF, n 0.95) and a blocking leg; all in series."""
    s = 2j * np.pi * F
    bulk = resistance(temperature_K, at_293_ohm=2e4, energy_eV=0.30) * scale
    boundary = resistance(temperature_K, at_293_ohm=6e4, energy_eV=0.40) * scale
    z = bulk / (1 + s * bulk * 20e-12) + boundary / (1 + (s * boundary * 1e-9) ** 0.95) + 1 / (1e-6 * s**0.9)
    random = np.random.default_rng(round(temperature_K))
    z = z + noise * abs(z) * (random.standard_normal(F.size) + 1j * random.standard_normal(F.size))
    return ImpedanceSpectrum(
        name=f"{temperature_K} K",
        origin=Origin(path=f"raw/P_{temperature_K}K.z", sha256="0" * 64, format="zplot"),
        frequency_Hz=F,
        impedance_ohm=z,
        file_row=np.arange(F.size),
        temperature_K=float(temperature_K),
        temperature_source="header",
        temperature_is_confirmed=True,
    )


def run(
    spectra: list[ImpedanceSpectrum],
    *,
    geometry: PelletGeometry | None = GEOMETRY,
    decisions: dict[str, Any] | None = None,
    **settings: Any,
) -> ImpedanceResult:
    inputs = Inputs(
        sample=Sample(name="P"),
        facts=() if geometry is None else (geometry,),
        settings=ImpedanceSettings.model_validate(settings),
        decisions=decisions or {},
    )
    return analyse(spectra, inputs)


@pytest.fixture(scope="module")
def series() -> list[ImpedanceSpectrum]:
    return [spectrum(t) for t in TEMPERATURES_K]


@pytest.fixture(scope="module")
def whole(series: list[ImpedanceSpectrum]) -> ImpedanceResult:
    return run(series, temperature_std_K=0.5)


def value(quantity: Quantity | None) -> float:
    assert isinstance(quantity, Estimate), quantity
    return quantity.value


def named(result: ImpedanceResult, name: str) -> list[Quantity]:
    return [q.quantity for q in result.quantities if q.name == name]


def codes(result: ImpedanceResult) -> set[str]:
    return {finding.code for finding in result.findings}


# -- what is found -----------------------------------------------------------------------------------------------------


def test_total_resistances_are_those_that_were_put_in(whole: ImpedanceResult) -> None:
    for point in whole.of_part("total"):
        assert point.temperature_K is not None
        true = sum(resistance(point.temperature_K, at_293_ohm=r, energy_eV=e) for r, e in ((2e4, 0.30), (6e4, 0.40)))
        assert value(point.resistance) == pytest.approx(true, rel=0.01)


def test_bulk_and_grain_boundary_are_told_apart_by_their_capacitance(whole: ImpedanceResult) -> None:
    cold = whole.spectra[0]
    assert [e.part for e in cold.path] == ["bulk", "grain_boundary"]
    assert value(cold.path[0].capacitance) == pytest.approx(20e-12, rel=0.03)
    assert value(cold.path[1].capacitance) == pytest.approx(1e-9, rel=0.03)
    # l/A is 10 per m here, a tenth of the 1 per cm of the table of ranges.
    assert value(cold.path[0].capacitance_per_cell) == pytest.approx(2e-12, rel=0.03)


def test_energies_of_the_parts_are_those_that_were_put_in(whole: ImpedanceResult) -> None:
    for part, energy_eV, within in (("bulk", 0.30, 0.01), ("grain_boundary", 0.40, 0.005)):
        line = whole.line(part)
        assert line is not None
        assert value(line.energy("ln(sigma T)")) == pytest.approx(energy_eV, abs=within)


def test_both_conventions_are_reported_and_named(whole: ImpedanceResult) -> None:
    (product,), (plain,) = named(whole, "activation_energy_total"), named(whole, "activation_energy_total_ln_sigma")
    assert value(product) - value(plain) == pytest.approx(K_EV_PER_K * 290, abs=0.002)
    conventions = {
        q.name: q.condition("convention") for q in whole.quantities if q.name.startswith("activation_energy_total")
    }
    assert conventions == {"activation_energy_total": "ln(sigma T)", "activation_energy_total_ln_sigma": "ln(sigma)"}


def test_conductivity_at_25_degrees_is_interpolated_and_true(whole: ImpedanceResult) -> None:
    (found,) = named(whole, "conductivity_total_25C")
    total = sum(resistance(298.15, at_293_ohm=r, energy_eV=e) for r, e in ((2e4, 0.30), (6e4, 0.40)))
    true = THICKNESS_M / (AREA_M2 * total)
    assert isinstance(found, Estimate)
    assert found.interval is not None
    assert found.interval[0] < true < found.interval[1]
    assert "interpolated" in found.method


def test_twice_the_thickness_doubles_conductivity_and_leaves_energies(series: list[ImpedanceSpectrum]) -> None:
    thick = attrs.evolve(
        GEOMETRY, thickness_m=attrs.evolve(GEOMETRY.thickness_m, value=2 * THICKNESS_M, std=0.02 * THICKNESS_M)
    )
    one, two = run(series, circuit="(RQ)(RQ)Q"), run(series, circuit="(RQ)(RQ)Q", geometry=thick)
    for a, b in zip(one.of_part("total"), two.of_part("total"), strict=True):
        assert value(b.conductivity) == pytest.approx(2 * value(a.conductivity), rel=1e-12)
    energies = [value(named(result, "activation_energy_total")[0]) for result in (one, two)]
    assert energies[0] == pytest.approx(energies[1], rel=1e-9)


def test_the_order_of_files_does_not_matter(series: list[ImpedanceSpectrum]) -> None:
    one, two = run(series, circuit="(RQ)(RQ)Q"), run(series[::-1], circuit="(RQ)(RQ)Q")
    assert one.quantities == two.quantities


def test_the_same_input_gives_the_same_bytes_and_survives_the_store(series: list[ImpedanceSpectrum]) -> None:
    one, two = run(series[:3], circuit="(RQ)(RQ)Q"), run(series[:3], circuit="(RQ)(RQ)Q")
    kept = encoded(one)
    assert kept == encoded(two)
    assert encoded(decoded(kept)) == kept


def test_the_blocking_factor_is_the_share_of_the_boundary(whole: ImpedanceResult) -> None:
    bulk, boundary = (resistance(233, at_293_ohm=r, energy_eV=e) for r, e in ((2e4, 0.30), (6e4, 0.40)))
    first = named(whole, "blocking_factor")[0]
    assert value(first) == pytest.approx(boundary / (bulk + boundary), abs=0.01)
    assert "changes with temperature" in whole.blocking_sentence


def test_the_brick_layer_gives_the_ratio_of_the_capacitances(whole: ImpedanceResult) -> None:
    assert "0.02" in whole.brick_layer_sentence


def test_facts_carry_conductivities_and_energies(whole: ImpedanceResult) -> None:
    kinds = {type(fact) for fact in whole.facts}
    assert kinds == {IonicConductivity, ActivationEnergy}
    assert all(fact.given_by == "impedance" for fact in whole.facts)


def test_the_lineage_names_files_settings_and_geometry(whole: ImpedanceResult, series: list[ImpedanceSpectrum]) -> None:
    assert {o.path for o in whole.lineage.origins} == {s.origin.path for s in series}
    assert dict(whole.lineage.settings)["temperature_std_K"] == "0.5"
    assert dict(whole.lineage.settings)["circuit"] == whole.spectra[0].circuit
    assert whole.lineage.facts[0].given_by == "calliper"


# -- the budget --------------------------------------------------------------------------------------------------------


def test_the_budget_names_every_cause(whole: ImpedanceResult) -> None:
    assert whole.budget is not None
    assert whole.budget.unknown == ()
    by_cause = {item.cause: item.relative_std for item in whole.budget.items}
    assert by_cause["thickness"] == pytest.approx(0.01)
    assert by_cause["area"] == pytest.approx(0.02)
    # 0.39 eV at 293 K: d ln sigma/dT is Ea/kT2 - 1/T = 4.9 %/K; half a kelvin is 2.4 %.
    assert by_cause["temperature"] == pytest.approx(0.5 * 0.049, rel=0.06)
    assert (by_cause["fit"] or 0) < 0.005


def test_an_error_that_nobody_stated_is_called_not_known(series: list[ImpedanceSpectrum]) -> None:
    result = run(series, circuit="(RQ)(RQ)Q")
    assert result.budget is not None
    assert result.budget.unknown == ("temperature",)
    assert "budget-incomplete" in codes(result)
    total = result.of_part("total")[0].conductivity
    assert isinstance(total, Estimate)
    assert "that of temperature not known" in total.method


# -- what is withheld --------------------------------------------------------------------------------------------------


def test_without_geometry_only_conductivities_are_withheld(series: list[ImpedanceSpectrum]) -> None:
    result = run(series, circuit="(RQ)(RQ)Q", geometry=None)
    assert all(isinstance(q, Unresolved) for q in named(result, "conductivity_total"))
    assert all(isinstance(q, Estimate) for q in named(result, "resistance_total"))
    assert isinstance(named(result, "activation_energy_total")[0], Estimate)
    assert [w.missing for w in result.withheld if "conductivities" in w.what] == [
        "thickness and electrode area or diameter"
    ]


def test_an_unconfirmed_temperature_withholds_energies_and_marks_values(series: list[ImpedanceSpectrum]) -> None:
    guessed = [attrs.evolve(s, temperature_is_confirmed=False, temperature_source="file name") for s in series]
    result = run(guessed, circuit="(RQ)(RQ)Q")
    (energy,) = named(result, "activation_energy_total")
    assert isinstance(energy, Unresolved)
    assert "not confirmed" in energy.reason
    conductivity = next(q for q in result.quantities if q.name == "conductivity_total")
    assert conductivity.condition("temperature") == "not confirmed"
    assert "temperature-not-confirmed" in conductivity.flags
    assert not any(isinstance(f, IonicConductivity) for f in result.facts)


def test_one_temperature_gives_no_energy_and_says_so(series: list[ImpedanceSpectrum]) -> None:
    result = run(series[:1], circuit="(RQ)(RQ)Q")
    (energy,) = named(result, "activation_energy_total")
    assert isinstance(energy, Unresolved)
    assert "at least two temperatures" in energy.reason


def test_a_spectrum_without_temperature_still_gives_its_resistance() -> None:
    unknown = attrs.evolve(spectrum(293), temperature_K=None, temperature_source="", temperature_is_confirmed=False)
    result = run([unknown], circuit="(RQ)(RQ)Q")
    assert "temperature-missing" in codes(result)
    assert value(named(result, "resistance_total")[0]) == pytest.approx(8e4, rel=0.01)


def test_a_spectrum_with_too_few_points_is_not_fitted_and_the_others_are(series: list[ImpedanceSpectrum]) -> None:
    short = attrs.evolve(
        series[0], frequency_Hz=F[:5], impedance_ohm=series[0].impedance_ohm[:5], file_row=np.arange(5)
    )
    result = run([short, *series[1:]], circuit="L(RQ)(RQ)(RQ)Q")
    assert "not-fitted" in codes(result)
    assert isinstance(result.spectra[0].resistance_total, Unresolved)
    assert result.spectra[1].parameters


def test_no_spectrum_at_all_is_an_error() -> None:
    with pytest.raises(MeasurementError, match="no impedance spectrum of P"):
        run([])


# -- what is flagged ---------------------------------------------------------------------------------------------------


def test_exchanged_files_are_noticed(series: list[ImpedanceSpectrum]) -> None:
    exchanged = [*series]
    exchanged[1] = attrs.evolve(series[1], temperature_K=series[4].temperature_K)
    exchanged[4] = attrs.evolve(series[4], temperature_K=series[1].temperature_K)
    result = run(exchanged, circuit="(RQ)(RQ)Q")
    assert "resistance-rises-with-temperature" in codes(result)
    energy = next(q for q in result.quantities if q.name == "activation_energy_total")
    assert "resistance-rises-with-temperature" in energy.flags


def test_a_wrong_sign_is_reported_and_not_turned(series: list[ImpedanceSpectrum]) -> None:
    wrong = attrs.evolve(series[3], impedance_ohm=series[3].impedance_ohm.conj())
    result = run([wrong])
    assert "inductive-throughout" in codes(result)
    assert (result.spectra[0].impedance_ohm.imag > 0).mean() > 0.9


def test_a_poor_circuit_is_a_flag_and_no_exception(series: list[ImpedanceSpectrum]) -> None:
    result = run(series, circuit="RQ")
    assert "poor-fit" in codes(result)
    assert all("poor-fit" in s.flags for s in result.spectra)


def test_a_step_of_the_conductivity_is_found_as_a_break() -> None:
    spectra = [spectrum(t, scale=1.0 if t < 300 else 0.4) for t in range(243, 354, 10)]
    result = run(spectra, circuit="(RQ)(RQ)Q")
    assert "arrhenius-break" in codes(result)
    energy = next(q for q in result.quantities if q.name == "activation_energy_total")
    assert "arrhenius-break" in energy.flags


def test_a_known_transition_inside_the_range_is_flagged(series: list[ImpedanceSpectrum]) -> None:
    transition = {"name": "triclinic to rhombohedral", "temperature_K": 323.0, "source": "El-Shinawi 2018"}
    result = run(series, circuit="(RQ)(RQ)Q", transitions=[transition])
    assert "known-transition-in-range" in codes(result)


def test_every_code_given_here_is_explained(whole: ImpedanceResult) -> None:
    from pathlib import Path

    page = (Path(__file__).parents[3] / "docs" / "methods" / "impedance.md").read_text(encoding="utf-8")
    assert [code for code in CODES if f"`{code}`" not in page] == []


# -- what a person decides ---------------------------------------------------------------------------------------------


def mask(**more: Any) -> dict[str, Any]:
    entry = {"sample": "P", "file": None, "record": None, "author": "A. Person", "date": "2026-03-01", "reason": "cable resonance",
             "low_Hz": None, "high_Hz": None, "points": ()}  # fmt: skip
    return {"mask": ({**entry, **more},)}


def test_a_mask_by_frequency_leaves_the_points_out_with_its_author(series: list[ImpedanceSpectrum]) -> None:
    result = run(series[:2], circuit="(RQ)(RQ)Q", decisions=mask(file=series[0].origin.path, low_Hz=3e5))
    first, second = result.spectra
    assert [m.frequency_Hz for m in first.masked] == pytest.approx(list(F[F >= 3e5]))
    assert first.masked[0].source == "decision"
    assert "A. Person" in first.masked[0].reason
    assert not second.masked
    assert "decision" in codes(result)


def test_a_mask_by_point_counts_rows_as_in_the_file(series: list[ImpedanceSpectrum]) -> None:
    turned = attrs.evolve(series[0], file_row=np.arange(F.size)[::-1])
    result = run([turned], circuit="(RQ)(RQ)Q", decisions=mask(file=series[0].origin.path, points=(0, 1)))
    assert sorted(m.frequency_Hz for m in result.spectra[0].masked) == pytest.approx(sorted(F[-2:]))


def test_a_circuit_for_one_file_goes_before_the_settings(series: list[ImpedanceSpectrum]) -> None:
    decision = {"sample": "P", "file": series[1].origin.path, "record": None, "author": "A", "date": "2026-03-01", "reason": "why",
                "circuit": "R(RQ)(RQ)Q"}  # fmt: skip
    result = run(series[:3], circuit="(RQ)(RQ)Q", decisions={"circuit": (decision,)})
    assert [s.circuit for s in result.spectra] == ["(RQ)(RQ)Q", "R(RQ)(RQ)Q", "(RQ)(RQ)Q"]


def test_the_window_of_the_settings_is_listed_point_by_point(series: list[ImpedanceSpectrum]) -> None:
    result = run(series[:1], circuit="(RQ)(RQ)Q", frequency_min_Hz=1.0)
    assert {m.source for m in result.spectra[0].masked} == {"settings"}
    assert len(result.spectra[0].masked) == int((F < 0.999).sum())


def test_a_proposal_is_applied_kept_or_not_made_as_asked(series: list[ImpedanceSpectrum]) -> None:
    z = series[0].impedance_ohm.copy()
    z[40] *= 1.5
    damaged = attrs.evolve(series[0], impedance_ohm=z)
    applied, proposed, off = (run([damaged], circuit="(RQ)(RQ)Q", trim=trim) for trim in ("apply", "propose", "off"))
    assert [m.is_left_out for m in applied.spectra[0].masked] == [True]
    assert applied.spectra[0].masked[0].frequency_Hz == pytest.approx(F[40])
    assert [m.is_left_out for m in proposed.spectra[0].masked] == [False]
    assert proposed.spectra[0].is_used.all()
    assert not off.spectra[0].masked


def test_bootstrap_intervals_are_asked_for_and_named(series: list[ImpedanceSpectrum]) -> None:
    result = run(series[:1], circuit="(RQ)(RQ)Q", bootstrap_draws=200)
    total = result.spectra[0].resistance_total
    assert isinstance(total, Estimate)
    assert "bootstrap interval of 200 draws" in total.method
    assert total.interval_95 is not None
    assert total.interval_95[0] < total.value < total.interval_95[1]


@pytest.mark.parametrize("factor", [1.3, 0.7])
def test_one_wild_point_inside_a_spectrum_is_left_out_and_nothing_else(factor: float) -> None:
    for temperature_K in (253.0, 273.0):
        clean = spectrum(temperature_K)
        at = int(np.argmin(np.abs(F - 178.0)))
        z = clean.impedance_ohm.copy()
        z[at] *= factor
        result = run([attrs.evolve(clean, impedance_ohm=z)])
        assert np.flatnonzero(~result.spectra[0].is_used).tolist() == [at]
        assert [m.frequency_Hz for m in result.spectra[0].masked] == [F[at]]
