"""Seven published spectra of one pellet, 140 to 200 °C: the separate fits of their authors come out again, and more is said.

The authors give every parameter of (RQ)(RQ)Q, the conductivities and the energies of ln(sigma T); their own reports, which lie
beside the spectra, are the truth here. Their temperatures are 140 °C = 413 K.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from pelletry.core.facts import PelletGeometry
from pelletry.core.quantity import Estimate, Unresolved
from pelletry.core.sample import Sample
from pelletry.core.technique import Inputs
from pelletry.formats.open_file import read_file
from pelletry.techniques.impedance import CARD
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum
from pelletry.techniques.impedance.result import ImpedanceResult
from pelletry.techniques.impedance.settings import ImpedanceSettings

FOLDER = ("eis_temperature_series", "Sheyigold+EISFitpython")
PARTS = {"Bulk": "bulk", "Gb": "grain_boundary", "Total": "total"}
GEOMETRY = PelletGeometry(
    sample="pellet",
    given_by="the source's scripts",
    thickness_m=Estimate(value=2.1e-3, unit="m", method="as stated"),
    electrode_area_m2=Estimate(value=math.pi / 4 * 8e-3**2, unit="m2", method="as stated"),
)


@pytest.fixture(scope="module")
def folder(raw_data: Callable[..., Path]) -> Path:
    return raw_data(*FOLDER)


@pytest.fixture(scope="module")
def spectra(folder: Path) -> list[ImpedanceSpectrum]:
    found = []
    for path in sorted((folder / "spectra").glob("*.txt")):
        (spectrum,) = CARD.read(read_file(path, root=folder))
        found.append(spectrum)
    assert len(found) == 7
    return found


def analysed(
    spectra: list[ImpedanceSpectrum],
    *,
    is_confirmed: bool = True,
    geometry: PelletGeometry | None = GEOMETRY,
    **settings: object,
) -> ImpedanceResult:
    stated = [attrs.evolve(s, temperature_is_confirmed=is_confirmed) for s in spectra]
    if is_confirmed:  # the authors' own kelvin
        stated = [attrs.evolve(s, temperature_K=round((s.temperature_K or 0) - 273.15) + 273.0) for s in stated]
    inputs = Inputs(
        sample=Sample(name="pellet"),
        facts=() if geometry is None else (geometry,),
        settings=ImpedanceSettings.model_validate(settings),
    )
    return CARD.analyse(stated, inputs)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def same_model(spectra: list[ImpedanceSpectrum]) -> ImpedanceResult:
    """The authors' circuit, weights and unweighted Arrhenius lines, all points."""
    return analysed(spectra, circuit="(RQ)(RQ)Q", weighting="modulus", arrhenius_weighting="equal", trim="off")


@pytest.fixture(scope="module")
def by_itself(spectra: list[ImpedanceSpectrum]) -> ImpedanceResult:
    """What the program does when nobody tells it anything."""
    return analysed(spectra)


def published_parameters(folder: Path) -> dict[int, list[tuple[float, float]]]:
    """Temperature -> (value, standard error) of R1 Q1 n1 R2 Q2 n2 Q3 n3, from the authors' batch report."""
    text = (folder / "published_fit_separate" / "Batch_EISfit_Report.txt").read_text(encoding="utf-8")
    found = {}
    for part in re.split(r"Data_(?=\d+K)", text)[1:]:
        rows = re.findall(r"^[RQn]\d = +(\S+) +(\S+) +\S+$", part, flags=re.MULTILINE)
        found[int(part[:3])] = [(float(value), float(error)) for value, error in rows]
    assert len(found) == 7
    assert all(len(rows) == 8 for rows in found.values())
    return found


def published_arrhenius(folder: Path) -> dict[str, tuple[float, float, dict[int, float]]]:
    """Part -> energy of ln(sigma T), its error, and conductivities in S/cm by temperature."""
    text = (folder / "published_fit_separate" / "Arrhenius_Analysis_Report.txt").read_text(encoding="utf-8")
    found = {}
    for name, body in re.findall(r"(\w+) Analysis:(.*?)(?=\w+ Analysis:|\Z)", text, flags=re.DOTALL):
        energy, error = re.search(r"\(EA\): (\S+) ± (\S+) eV", body).groups()  # type: ignore[union-attr]
        rows = re.findall(r"^ +(\d{3})\.0 +(\S+) +\S+ +\S+$", body, flags=re.MULTILINE)
        found[PARTS[name]] = (float(energy), float(error), {int(t): float(s) for t, s in rows})
    assert set(found) == set(PARTS.values())
    return found


def test_every_parameter_is_the_published_one(folder: Path, same_model: ImpedanceResult) -> None:
    published = published_parameters(folder)
    for spectrum in same_model.spectra:
        assert spectrum.temperature_K is not None
        for ours, (value, _) in zip(spectrum.parameters, published[round(spectrum.temperature_K)], strict=True):
            assert ours.fitted == pytest.approx(value, rel=0.01), f"{ours.name} at {spectrum.label}"


def test_errors_of_resolved_parameters_are_the_published_ones(folder: Path, same_model: ImpedanceResult) -> None:
    published = published_parameters(folder)
    compared = 0
    for spectrum in same_model.spectra:
        for ours, (_, error) in zip(spectrum.parameters, published[round(spectrum.temperature_K or 0)], strict=True):
            if isinstance(ours.quantity, Estimate):
                assert ours.quantity.std == pytest.approx(error, rel=0.05), f"{ours.name} at {spectrum.label}"
                compared += 1
    assert compared >= 45


def test_conductivities_are_the_published_ones(folder: Path, same_model: ImpedanceResult) -> None:
    for part, (_, _, conductivities) in published_arrhenius(folder).items():
        points = same_model.of_part(part)
        assert len(points) == 7
        for point in points:
            assert isinstance(point.conductivity, Estimate)
            ours = point.conductivity.value * 1e-2
            assert ours == pytest.approx(conductivities[round(point.temperature_K or 0)], rel=0.01)


def test_energies_of_ln_sigma_t_are_the_published_ones(folder: Path, same_model: ImpedanceResult) -> None:
    for part, (energy, error, _) in published_arrhenius(folder).items():
        line = same_model.line(part)
        assert line is not None
        ours = line.energy("ln(sigma T)")
        assert isinstance(ours, Estimate)
        assert ours.value == pytest.approx(energy, abs=0.002), part
        assert ours.std == pytest.approx(error, rel=0.15), part


def test_the_other_convention_is_lower_by_about_kt(same_model: ImpedanceResult) -> None:
    for line in same_model.lines:
        product, plain = line.energy("ln(sigma T)"), line.energy("ln(sigma)")
        assert isinstance(product, Estimate)
        assert isinstance(plain, Estimate)
        assert product.value - plain.value == pytest.approx(8.617333e-5 * 443, abs=0.0005)


def test_without_any_help_the_same_circuit_is_chosen(by_itself: ImpedanceResult) -> None:
    assert {s.circuit for s in by_itself.spectra} == {"(RQ)(RQ)Q"}
    chosen = [c for c in by_itself.circuits if c.is_chosen]
    assert len(chosen) == 1
    assert len(by_itself.circuits) > 3


def test_clean_spectra_lose_no_point(by_itself: ImpedanceResult) -> None:
    assert [s.masked for s in by_itself.spectra] == [()] * 7
    for spectrum in by_itself.spectra:
        assert spectrum.consistency is not None
        assert spectrum.consistency.rms_fraction < 0.01


def test_capacitances_are_in_the_published_range_and_assigned(by_itself: ImpedanceResult) -> None:
    for spectrum in by_itself.spectra:
        first, second = spectrum.path
        assert (first.part, second.part) == ("bulk", "grain_boundary")
        if isinstance(first.capacitance, Estimate):
            assert 5.7e-12 <= first.capacitance.value <= 7.0e-12
        assert isinstance(second.capacitance, Estimate)
        assert 17e-12 <= second.capacitance.value <= 19e-12


def test_the_total_energy_hardly_depends_on_weights(same_model: ImpedanceResult, by_itself: ImpedanceResult) -> None:
    energies = []
    for result in (same_model, by_itself):
        line = result.line("total")
        assert line is not None
        energy = line.energy("ln(sigma T)")
        assert isinstance(energy, Estimate)
        energies.append(energy.value)
    assert energies[0] == pytest.approx(energies[1], abs=0.001)


def test_the_conductivity_at_25_degrees_is_marked_as_extrapolated(by_itself: ImpedanceResult) -> None:
    found = next(q for q in by_itself.quantities if q.name == "conductivity_total_25C")
    assert "reference-extrapolated" in found.flags
    assert isinstance(found.quantity, Estimate)
    assert "extrapolated" in found.quantity.method


def test_temperatures_from_names_withhold_energies_until_confirmed(spectra: list[ImpedanceSpectrum]) -> None:
    assert {s.temperature_source for s in spectra} == {"file name"}
    assert [round((s.temperature_K or 0) - 273.15) for s in spectra] == [140, 150, 160, 170, 180, 190, 200]
    result = analysed(spectra, is_confirmed=False)
    for line in result.lines:
        assert all(isinstance(energy, Unresolved) and "not confirmed" in energy.reason for _, energy in line.energies)
    (finding,) = [f for f in result.findings if f.code == "temperature-not-confirmed"]
    assert "temperatures_from_file_names = true" in finding.sentence
    assert all(isinstance(p.resistance, Estimate) for p in result.of_part("total"))


def test_without_dimensions_resistances_and_energies_still_come_out(spectra: list[ImpedanceSpectrum]) -> None:
    result = analysed(spectra, geometry=None)
    total = result.line("total")
    assert total is not None
    energy = total.energy("ln(sigma T)")
    assert isinstance(energy, Estimate)
    assert energy.value == pytest.approx(0.8555, abs=0.002)
    assert all(isinstance(p.conductivity, Unresolved) for p in result.points)
    assert [f.code for f in result.findings].count("geometry-missing") == 1
    assert result.withheld[0].missing == "thickness and electrode area or diameter"
