"""Columns, signs and units become house units; rows are put in order, and every change is said."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelletry.core.errors import MeasurementError
from pelletry.core.provenance import Origin
from pelletry.core.record import Column, Hint, Record
from pelletry.techniques.impedance.read import FEWEST_POINTS, read

ORIGIN = Origin(path="raw/a.txt", sha256="0" * 64, format="table-text")
F = np.geomspace(1e6, 1.0, 7)
Z = 100.0 + 1000.0 / (1 + 2j * np.pi * F * 1e-5)


def record(*columns: tuple[str, str, Sequence[float]], hints: tuple[Hint, ...] = (), line: int | None = None) -> Record:
    made = tuple(Column(name=n, unit=u, values=np.asarray(v, dtype=float)) for n, u, v in columns)
    origin = Origin(path=ORIGIN.path, sha256=ORIGIN.sha256, format="table-text", line=line)
    return Record(name="a", technique="impedance", columns=made, origin=origin, hints=hints)


SPELLINGS = {
    "biologic": (("freq", "Hz", F), ("Re(Z)", "Ohm", Z.real), ("-Im(Z)", "Ohm", -Z.imag), ("|Z|", "Ohm", abs(Z))),
    "zplot": (("Freq", "Hz", F), ("Ampl", "", F), ("Z'(a)", "", Z.real), ("Z''(b)", "", Z.imag)),
    "gamry": (
        ("Pt", "#", F),
        ("Time", "s", F),
        ("Freq", "Hz", F),
        ("Zreal", "ohm", Z.real),
        ("Zimag", "ohm", Z.imag),
        ("Zsig", "V", F),
        ("Zmod", "ohm", abs(Z)),
        ("Zphz", "°", np.degrees(np.angle(Z))),
    ),
    "novocontrol": (("Freq.", "Hz", F), ("Zs'", "ohm", Z.real), ("Zs''", "ohm", Z.imag)),
    "parstat": (("Frequency", "Hz", F), ("Zre", "ohms", Z.real), ("Zim", "ohms", Z.imag)),
    "lcr": (("F", "Hz", F), ("Z", "Ohm", abs(Z)), ("Theta", "deg", np.degrees(np.angle(Z)))),
    "csv, negative phase": (("frequency", "", F), ("|Z|", "", abs(Z)), ("-phase", "", -np.degrees(np.angle(Z)))),
    "csv, negative imaginary": (("freq", "", F), ("Zre", "", Z.real), ("-Zim", "", -Z.imag)),
    "palmsens": (
        ("freq", "Hz", F),
        ("neg. Phase", "°", -np.degrees(np.angle(Z))),
        ("Z", "Ohm", abs(Z)),
        ("Z'", "Ohm", Z.real),
        ("-Z''", "Ohm", -Z.imag),
    ),
    "ivium": (("freq", "Hz", F), ("Z1", "ohm", Z.real), ("Z2", "ohm", Z.imag)),
    "kilo-ohm, kilohertz": (("f", "kHz", F / 1e3), ("Z'", "kOhm", Z.real / 1e3), ("Z''", "kΩ", Z.imag / 1e3)),
    "megohm": (("f", "MHz", F / 1e6), ("Re Z", "MOhm", Z.real / 1e6), ("-Im Z", "MOhm", -Z.imag / 1e6)),
    "milliohm": (("f", "Hz", F), ("Re(Z)", "mOhm", Z.real * 1e3), ("Im(Z)", "mOhm", Z.imag * 1e3)),
    "angular frequency, radians": (
        ("ω", "rad/s", 2 * np.pi * F),
        ("|Z|", "Ohm", abs(Z)),
        ("Phase", "rad", np.angle(Z)),
    ),
    "admittance": (("f", "Hz", F), ("Y'", "mS", (1e3 / Z).real), ("Y''", "mS", (1e3 / Z).imag)),
    "typographic primes": (("f", "Hz", F), ("Z′", "Ω", Z.real), ("−Z″", "Ω", -Z.imag)),
}


@pytest.mark.parametrize("columns", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_each_program_spells_the_same_spectrum(columns: tuple[tuple[str, str, Sequence[float]], ...]) -> None:
    (spectrum,) = read([record(*columns)])
    np.testing.assert_allclose(spectrum.frequency_Hz, F, rtol=1e-12)
    np.testing.assert_allclose(spectrum.impedance_ohm, Z, rtol=1e-12)


def test_a_stated_unit_is_not_remarked_and_a_missing_one_is() -> None:
    assert read([record(*SPELLINGS["biologic"])])[0].warnings == ()
    (warning,) = read([record(*SPELLINGS["csv, negative imaginary"])])[0].warnings
    assert warning == "the file states no unit: freq in Hz, Zre in ohm, -Zim in ohm assumed"


def test_a_format_that_defines_its_units_is_not_remarked() -> None:
    plain = record(*SPELLINGS["zplot"])
    vendor = Record(
        name="a",
        technique="impedance",
        columns=plain.columns,
        origin=Origin(path="a.z", sha256="0" * 64, format="zplot"),
    )
    assert read([vendor])[0].warnings == ()


def test_a_wrong_sign_is_read_as_the_name_says_and_not_turned() -> None:
    (spectrum,) = read([record(("f", "Hz", F), ("Z'", "ohm", Z.real), ("Z''", "ohm", -Z.imag))])
    np.testing.assert_allclose(spectrum.impedance_ohm, Z.conj(), rtol=1e-12)


def test_three_columns_without_names_are_taken_with_a_word() -> None:
    (spectrum,) = read([record(("", "", F), ("", "", Z.real), ("", "", Z.imag))])
    np.testing.assert_allclose(spectrum.impedance_ohm, Z)
    assert "no column names" in spectrum.warnings[0]


def test_a_mistaken_real_column_shows_against_the_modulus() -> None:
    columns = (("f", "Hz", F), ("Re(Z)", "Ohm", Z.real * 2), ("-Im(Z)", "Ohm", -Z.imag), ("|Z|", "Ohm", abs(Z)))
    (spectrum,) = read([record(*columns)])
    assert any("|Z|" in w and "Re and Im are used" in w for w in spectrum.warnings)


def test_parallel_quantities_are_not_taken_for_the_impedance() -> None:
    with pytest.raises(MeasurementError, match="no impedance"):
        read([record(("f", "Hz", F), ("Zp'", "ohm", Z.real), ("Zp''", "ohm", Z.imag))])


def test_a_missing_frequency_is_named_with_the_columns_there_are() -> None:
    with pytest.raises(MeasurementError) as error:
        read([record(("Re(Z)", "Ohm", Z.real), ("-Im(Z)", "Ohm", -Z.imag))])
    text = str(error.value)
    assert text.startswith("raw/a.txt: no frequency column")
    assert "'Re(Z)/Ohm'" in text
    assert "Export the spectrum" in text


def test_a_unit_that_does_not_fit_is_refused_by_name() -> None:
    with pytest.raises(MeasurementError, match=r"in 'Ohm\.cm2'"):
        read([record(("f", "Hz", F), ("Re(Z)", "Ohm.cm2", Z.real), ("-Im(Z)", "Ohm.cm2", -Z.imag))])


def with_rows(f: Sequence[float], z: Sequence[complex], **more: object) -> Record:
    z = np.asarray(z)
    return record(("f", "Hz", f), ("Z'", "Ohm", z.real), ("Z''", "Ohm", z.imag), **more)  # type: ignore[arg-type]


def test_a_rising_sweep_is_turned_and_a_disorder_reported() -> None:
    (rising,) = read([with_rows(F[::-1], Z[::-1])])
    assert rising.warnings == ()
    np.testing.assert_array_equal(rising.impedance_ohm, Z)
    order = [3, 0, 1, 2, 6, 4, 5]
    (mixed,) = read([with_rows(F[order], Z[order])])
    np.testing.assert_array_equal(mixed.impedance_ohm, Z)
    assert mixed.warnings == ("the frequencies were not in order; sorted from high to low",)
    np.testing.assert_array_equal(np.array(order)[mixed.file_row], np.arange(len(F)))


@given(st.permutations(range(len(F))))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    (spectrum,) = read([with_rows(F[order], Z[order])])
    np.testing.assert_array_equal(spectrum.impedance_ohm, Z)


def test_missing_numbers_are_left_out_and_counted() -> None:
    f = F.copy()
    z = Z.copy()
    f[1], z[3] = np.nan, np.inf
    (spectrum,) = read([with_rows(f, z)])
    assert spectrum.points == 5
    assert spectrum.warnings == ("2 rows with missing or non-finite numbers left out",)


def test_rows_of_the_dc_part_are_left_out_and_counted() -> None:
    (spectrum,) = read([with_rows([0.0, 0.0, *F], [0.0, 0.0, *Z])])
    assert spectrum.points == len(F)
    assert "2 rows of the dc part" in spectrum.warnings[0]
    assert spectrum.file_row[0] == 2, "points are counted as they stand in the file"


@pytest.mark.parametrize("wrong", [0.0, -5.0])
def test_a_frequency_that_is_not_positive_is_refused_with_its_line(wrong: float) -> None:
    f = F.copy()
    f[2] = wrong
    with pytest.raises(MeasurementError) as error:
        read([with_rows(f, Z, line=62)])
    assert str(error.value).startswith(f"raw/a.txt:64: the frequency in data row 3 is {wrong:g} Hz")


def test_too_few_points_are_refused() -> None:
    n = FEWEST_POINTS - 1
    with pytest.raises(MeasurementError, match=f"only {n} usable points; expected at least {FEWEST_POINTS}"):
        read([with_rows(F[:n], Z[:n])])


def test_an_empty_record_is_refused() -> None:
    with pytest.raises(MeasurementError, match="holds no points"):
        read([with_rows([], [])])


def test_a_repeated_point_stays_with_a_word() -> None:
    (spectrum,) = read([with_rows([F[0], *F], [Z[0] * 1.001, *Z])])
    assert spectrum.points == len(F) + 1
    assert spectrum.warnings == ("1 frequency occurs more than once; all points kept",)


def test_two_spectra_under_one_name_are_refused() -> None:
    with pytest.raises(MeasurementError, match="two spectra under one name"):
        read([with_rows([*F, *F], [*Z, *(2 * Z)])])


def test_one_bad_record_does_not_stop_the_others_and_is_named() -> None:
    good, bad = record(*SPELLINGS["biologic"]), with_rows([], [])
    (spectrum,) = read([bad, good])
    assert "left out" in spectrum.warnings[0]
    assert "holds no points" in spectrum.warnings[0]


def temperature_hint(value: float, source: str, text: str = "", unit: str = "K") -> Hint:
    return Hint(name="temperature", value=value, unit=unit, source=source, text=text)


def test_a_temperature_from_a_name_is_not_confirmed() -> None:
    (spectrum,) = read([record(*SPELLINGS["biologic"], hints=(temperature_hint(413.15, "file name", "140deg"),))])
    assert (spectrum.temperature_K, spectrum.temperature_source) == (413.15, "file name")
    assert not spectrum.temperature_is_confirmed
    assert spectrum.temperature_text == "140deg"


def test_a_name_that_the_study_confirms_is_confirmed() -> None:
    (spectrum,) = read([record(*SPELLINGS["biologic"], hints=(temperature_hint(413.15, "file name", "confirmed"),))])
    assert spectrum.temperature_is_confirmed
    assert spectrum.temperature_source == "file name"


def test_a_measured_temperature_goes_before_a_name() -> None:
    hints = (
        temperature_hint(413.15, "file name"),
        temperature_hint(412.6, "column"),
        temperature_hint(140, "header", unit="°C"),
    )
    (spectrum,) = read([record(*SPELLINGS["biologic"], hints=hints)])
    assert (spectrum.temperature_K, spectrum.temperature_source) == (412.6, "column")
    assert spectrum.temperature_is_confirmed


def test_degrees_become_kelvin() -> None:
    (spectrum,) = read([record(*SPELLINGS["biologic"], hints=(temperature_hint(-40, "header", unit="°C"),))])
    assert spectrum.temperature_K == pytest.approx(233.15, abs=1e-9)


def test_without_a_hint_there_is_no_temperature() -> None:
    spectrum = read([record(*SPELLINGS["biologic"])])[0]
    assert spectrum.temperature_K is None
    assert not spectrum.temperature_is_confirmed


def test_an_impossible_temperature_is_refused() -> None:
    with pytest.raises(MeasurementError, match="not possible"):
        read([record(*SPELLINGS["biologic"], hints=(temperature_hint(-5.0, "header"),))])
