"""Records to scans: what counting says of the uncertainty, and each bad input named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pelletry.core.errors import MeasurementError
from pelletry.core.provenance import Origin
from pelletry.core.record import Column, Hint, Record
from pelletry.formats.open_file import read_file
from pelletry.techniques.diffraction.measurement import DiffractionScan
from pelletry.techniques.diffraction.read import read

Raw = Callable[..., Path]
RANDOM = np.random.default_rng(20230206)
ANGLES = np.arange(10.0, 60.0, 0.02)
TRUE_RATE = 3.0 + 40.0 * np.exp(-0.5 * ((ANGLES - 35.0) / 0.2) ** 2)


def record(
    intensity: np.ndarray,
    angles: np.ndarray = ANGLES,
    *,
    unit: str = "counts",
    header: dict[str, str] | None = None,
    extra: tuple[Column, ...] = (),
    hints: tuple[Hint, ...] = (),
    angle: str = "2Theta",
) -> Record:
    return Record(
        name="a.xy",
        technique="diffraction",
        columns=(
            Column(name=angle, unit="deg", values=np.asarray(angles, dtype=float)),
            Column(name="intensity", unit=unit, values=np.asarray(intensity, dtype=float)),
            *extra,
        ),
        origin=Origin(path="raw/a.xy", sha256="0", format="powder-xy"),
        header={"angle column": angle, "intensity column": "intensity", **(header or {})},
        hints=hints,
    )


def one(*records: Record) -> DiffractionScan:
    (scan,) = read(records)
    return scan


def counts(seconds: float) -> np.ndarray:
    return RANDOM.poisson(TRUE_RATE * seconds).astype(float)


def test_the_uncertainty_of_counts_is_their_root() -> None:
    n = counts(50.0)
    scan = one(record(n))
    assert scan.noise == "counts"
    np.testing.assert_allclose(scan.std, np.sqrt(np.maximum(n, 1)))
    assert scan.scatter_ratio == pytest.approx(1.0, abs=0.15)


def test_a_rate_with_its_time_weighs_as_its_counts_do() -> None:
    n = counts(20.0)
    scan = one(record(n / 20.0, unit="cps", header={"time per step (s)": "20"}))
    assert scan.noise == "rate"
    np.testing.assert_allclose(scan.std, np.sqrt(np.maximum(n, 1)) / 20.0)


def test_a_rate_without_time_is_never_rooted_and_says_so() -> None:
    n = counts(20.0)
    scan = one(record(n / 20.0, unit="cps"))
    assert scan.noise == "scatter"
    assert scan.counts_per_unit == pytest.approx(20.0, rel=0.15)
    far = n > 20
    np.testing.assert_allclose(scan.std[far], np.sqrt(n[far]) / 20.0, rtol=0.1)
    assert "time per step is not stated" in scan.warnings[0]


def test_attenuated_counts_of_either_schema_give_the_same_scan() -> None:
    factor = np.where(np.abs(ANGLES - 35.0) < 1.0, 8.3, 1.0)
    received = RANDOM.poisson(TRUE_RATE * 30.0 / factor).astype(float)
    column = Column(name="beamAttenuationFactors", unit="", values=factor)
    as_received = one(record(received, extra=(column,), header={"intensity": "counts as the detector received them"}))
    words = {"intensity": "counts, already multiplied by the beam attenuation factors (schema 1.x)"}
    multiplied = one(record(received * factor, extra=(column,), header=words))
    np.testing.assert_allclose(as_received.intensity, received * factor)
    np.testing.assert_allclose(multiplied.intensity, as_received.intensity)
    np.testing.assert_allclose(multiplied.std, as_received.std)
    np.testing.assert_allclose(as_received.std, factor * np.sqrt(np.maximum(received, 1)))
    assert any("behind an attenuator" in w for w in as_received.warnings)


def test_times_that_change_within_a_scan_are_brought_together() -> None:
    seconds = np.where(ANGLES < 30.0, 5.0, 20.0)
    n = RANDOM.poisson(TRUE_RATE * seconds).astype(float)
    scan = one(record(n, extra=(Column(name="countingTimes", unit="s", values=seconds),)))
    np.testing.assert_allclose(scan.intensity, n * 20.0 / seconds)
    np.testing.assert_allclose(scan.std, np.sqrt(np.maximum(n, 1)) * 20.0 / seconds)


def test_smoothed_counts_are_named() -> None:
    n = np.convolve(counts(200.0), np.ones(7) / 7, mode="same").round()
    scan = one(record(n))
    assert any("smoothed, scaled or summed" in w for w in scan.warnings)


def test_a_saturated_detector_is_named_and_its_points_left_out() -> None:
    n = np.minimum(counts(100.0), 2000.0)
    scan = one(record(n))
    assert any("saturated" in w for w in scan.warnings)
    assert not scan.use[n == 2000.0].any()


def test_negative_intensities_are_refused_with_their_number_and_place() -> None:
    n = counts(10.0)
    n[:20] -= 60.0
    lowest = ANGLES[int(np.argmin(n))]
    with pytest.raises(MeasurementError, match=rf"20 of 2500 intensities are negative.*at {lowest:.4g}°"):
        read([record(n)])


def test_twenty_points_are_refused() -> None:
    with pytest.raises(MeasurementError, match="only 20 points; expected at least 50"):
        read([record(counts(10.0)[:20], ANGLES[:20])])


def test_another_axis_than_2theta_is_no_powder_pattern() -> None:
    with pytest.raises(MeasurementError, match="the scan steps 'Phi'"):
        read([record(counts(10.0), angle="Phi")])


def test_a_role_that_is_not_known_is_refused() -> None:
    hint = Hint(name="role", value="blank", unit="", source="files.csv")
    with pytest.raises(MeasurementError, match=r"role 'blank'.*expected sample or standard"):
        read([record(counts(10.0), hints=(hint,))])


def test_two_ranges_in_one_scan_come_apart() -> None:
    angles = np.concatenate([ANGLES[:1500], ANGLES[1000:]])
    scans = read([record(np.concatenate([counts(10.0)[:1500], counts(40.0)[1000:]]), angles)])
    assert [s.points for s in scans] == [1500, 1500]
    assert all("2 ranges" in s.warnings[-1] for s in scans)
    assert len({s.run for s in scans}) == 2


def test_a_falling_scan_is_turned() -> None:
    n = counts(10.0)
    scan = one(record(n[::-1], ANGLES[::-1]))
    np.testing.assert_array_equal(scan.intensity, n)


def test_a_bad_record_leaves_the_others_of_its_file() -> None:
    scans = read([record(counts(10.0)), record(counts(10.0)[:20], ANGLES[:20])])
    assert len(scans) == 1
    assert "only 20 points" in scans[0].warnings[-1]


def test_no_wavelength_is_filled_in() -> None:
    stated = one(record(counts(10.0), header={"anode": "Cu"})).stated
    assert (stated.anode, stated.alpha1_angstrom, stated.has_wavelength) == ("Cu", None, False)


@pytest.mark.parametrize(
    ("folder", "name", "noise"),
    [
        ("xrd_weighed_mixtures/CederGroupHub+dara", "TiO2_0p4009-ZnO_0p6010--8min.xrdml", "counts"),
        ("xrd_round_robin/IUCr-CPD-QPA", "cpd-1b.prn", "counts"),
        ("rigaku/FAIRmat-NFDI+nomad-measurements", "TwoTheta_scan_powder.rasx", "scatter"),
        ("bruker_xrd/FAIRmat-NFDI+nomad-measurements", "23-012-AG_2thomegascan_long.brml", "attenuated"),
        ("xrd_standard/NIST-SRM660c", "nist_srm660c_100a.cif", "stated"),
    ],
)
def test_real_files_say_what_their_noise_is(raw_data: Raw, folder: str, name: str, noise: str) -> None:
    scan = read(read_file(raw_data(folder, name)))[0]
    assert scan.noise == noise
    if noise == "counts":
        assert scan.scatter_ratio == pytest.approx(1.0, abs=0.2)


def test_the_monochromator_of_a_real_file_is_understood(raw_data: Raw) -> None:
    scan = one(*read_file(raw_data("xrdml/dgbowl+yadg", "210520step1_30min.xrdml")))
    assert scan.stated.alpha2_ratio == 0.0
    assert scan.stated.monochromator_two_theta_deg == pytest.approx(27.28, abs=0.01)  # Ge 111 for Cu K-alpha1
    graphite = read(read_file(raw_data("xrd_standard/NIST-SRM660c", "nist_srm660c_100a.cif")))[0]
    assert graphite.stated.monochromator_two_theta_deg == 26.6


def test_the_high_temperature_scan_knows_its_temperature(raw_data: Raw) -> None:
    scan = one(
        *read_file(raw_data("rigaku/FAIRmat-NFDI+nomad-measurements", "Omega-2Theta_scan_high_temperature.rasx"))
    )
    assert scan.temperature_K == pytest.approx(823.15)
    assert scan.temperature_is_confirmed


def test_a_subtracted_background_is_refused_on_a_real_file(raw_data: Raw) -> None:
    with pytest.raises(MeasurementError, match="783 of 3449 intensities are negative"):
        read(read_file(raw_data("bruker_xrd/cheminfo+xrd-analysis", "MG1-Cu2O-28_bg_subtracted.xy")))
