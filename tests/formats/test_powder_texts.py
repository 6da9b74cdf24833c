"""Powder patterns in text: rows without heads, tables in several languages, and scans of older programs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pelletry.core.errors import BrokenFileError

X = [10 + 0.02 * i for i in range(1001)]
Y = [100 + round(400 * math.exp(-(((i - 500) / 9) ** 2))) + i % 7 for i in range(1001)]
PAIRS = list(zip(X, Y, strict=True))


def rows(cell: str = "{x:.4f} {y}") -> str:
    return "".join(
        cell.format(x=x, y=y, e=math.sqrt(y), d=1.5406 / 2 / math.sin(math.radians(x / 2))) + "\n" for x, y in PAIRS
    )


def commas(text: str) -> str:
    return text.replace(".", ",")


@pytest.mark.parametrize(
    ("text", "encoding", "unit"),
    [
        (rows(), "utf-8", "counts"),
        (commas(rows("{x:.4f};{y}")), "utf-8", "counts"),
        (commas(rows("{x:.4f}\t{y}")), "utf-8", "counts"),
        (rows("{x:.4f}, {y}"), "utf-8", "counts"),
        ("/* pellet 7\nof the week */\n" + rows(), "utf-8", "counts"),
        ("2-Theta\tIntensity\n" + rows("{x:.4f}\t{y}"), "utf-8", "counts"),
        ('"Angle","Counts"\n' + rows("{x:.4f},{y}"), "utf-8", "counts"),
        (commas("Winkel 2θ (°);Intensität (Impulse)\n" + rows("{x:.4f};{y}")), "utf-8", "counts"),
        ("Ángulo 2θ (°);Intensidad (u.a.)\n" + commas(rows("{x:.4f};{y}")), "utf-8", "a.u."),
        ("2θ(°),强度(计数)\n" + rows("{x:.4f},{y}"), "utf-8", "counts"),
        (",2theta,intensity\n" + "".join(f"{i},{x:.4f},{y}\n" for i, (x, y) in enumerate(PAIRS)), "utf-8", "counts"),
        ("Pos. [°2Th.]\tIobs [cts]\tIcalc [cts]\n" + rows("{x:.4f}\t{y}\t{y}.5"), "cp1252", "counts"),
    ],
    ids=["xy", "semicolon", "tab", "comma", "comment", "heads", "angle", "german", "spanish", "chinese", "index", "obs"],
)  # fmt: skip
def test_angle_and_counts_of_text_in_many_spellings(reads, text, encoding, unit):
    (record,) = reads("run.txt", text, encoding=encoding)
    column = record.column(record.header["intensity column"])
    assert (record.technique, record.points, column.unit) == ("diffraction", 1001, unit)
    np.testing.assert_allclose(record.values(record.header["angle column"]), X, atol=1e-9)
    np.testing.assert_array_equal(column.values, Y)


def test_a_third_column_is_an_esd_only_when_its_square_follows_the_counts(reads):
    (with_esd,) = reads("a.xye", rows("{x:.4f} {y} {e:.3f}"))
    assert with_esd.column("esd") is not None
    (without,) = reads("b.xye", rows("{x:.4f} {y} 7.5"))
    assert without.column("esd") is None
    assert any("column 3" in warning for warning in without.warnings)


@pytest.mark.parametrize(
    ("line", "angstrom"),
    [
        ("# Wavelength: 4.13000e-11 m", 0.413),
        ("# Calibrated wavelength = 0.413906", 0.413906),
        ("! lambda=  1.49400, TEMP= 300 K", 1.494),
        ("# wavelength (nm): 0.0709", 0.709),
    ],
)
def test_the_wavelength_of_the_lines_above_is_in_angstroms(reads, line, angstrom):
    (record,) = reads("a.xy", f"{line}\n" + rows())
    assert float(record.header["wavelength (Angstrom)"]) == pytest.approx(angstrom, rel=1e-9)


def test_a_characteristic_line_without_a_unit_is_not_taken_as_angstroms(reads):
    (record,) = reads("a.xy", "# wavelength = 0.15406\n" + rows())
    assert not any(key.startswith("wavelength (") for key in record.header)
    assert any("characteristic line in nm" in warning for warning in record.warnings)


def test_a_temperature_of_the_lines_above_needs_its_unit(reads):
    (record,) = reads("a.xy", "# Temp (K) = 295.00\n" + rows())
    assert record.header["sample temperature (K)"] == "295"
    (record,) = reads("b.xy", "# Temp = 295.00\n" + rows())
    assert "sample temperature (K)" not in record.header


def test_q_becomes_an_angle_only_with_the_wavelength(reads):
    q = [0.5 + 0.004 * i for i in range(1001)]
    table = "".join(f"{a:.6f}  {b}\n" for a, b in zip(q, Y, strict=True))
    (record,) = reads("a.dat", "# Wavelength: 4.13e-11 m\n# q_A^-1  I\n" + table)
    expected = np.degrees(2 * np.arcsin(np.array(q) * 0.413 / (4 * np.pi)))
    np.testing.assert_allclose(record.values(record.header["angle column"]), expected, rtol=1e-6)
    assert "2theta was computed from Q with the wavelength 0.413 Å of the file" in record.warnings
    (record,) = reads("b.dat", "# q_A^-1  I\n" + table)
    assert record.header["angle column"] == "Q"
    assert any("no wavelength" in warning for warning in record.warnings)


def test_columns_named_by_their_temperatures_are_patterns_of_their_own(reads):
    text = "2theta\t25 °C\t100 °C\t200 °C\n" + "".join(f"{x:.4f}\t{y}\t{y + 3}\t{y + 5}\n" for x, y in PAIRS)
    records = reads("series.txt", text)
    assert [round(hint.value, 2) for r in records for hint in r.hints if hint.name == "temperature"] == [
        298.15, 373.15, 473.15,
    ]  # fmt: skip
    np.testing.assert_array_equal(records[2].values(records[2].header["intensity column"]), np.array(Y) + 5)


def dat(first: str, per_row: int = 8, values: list[float] | None = None) -> str:
    values = [float(y) for y in Y] if values is None else values
    lines = [" ".join(f"{v:9.2f}" for v in values[i : i + per_row]) for i in range(0, len(values), per_row)]
    return first + "\n" + "\n".join(lines) + "\n"


def test_start_step_end_with_and_without_esds(reads):
    (record,) = reads("a.dat", dat("10.0 0.02 30.0 pellet 7"))
    assert (record.origin.format, record.points, record.header["title"]) == ("powder-dat", 1001, "pellet 7")
    both = [float(y) for y in Y] + [math.sqrt(y) / 2 for y in Y]
    (record,) = reads("b.dat", dat("DMC, pellet 7\nlambda=  1.49400, T= 300\n 10.000 0.020 30.000", values=both))
    assert record.points == 1001
    np.testing.assert_allclose(record.values("esd"), np.round(np.sqrt(Y) / 2, 2))
    assert record.header["wavelength (Angstrom)"] == "1.49400"


RIGAKU = (
    "*TYPE = Raw\n*CLASS = Ascii\n*SAMPLE = pellet 7\n*DATE = 10-Apr-13 15:20:01\n*GONIO = RINT2000\n*SCAN_AXIS = 2theta/theta\n*TARGET = 29\n"
    "*WAVE_LENGTH1 = 1.540593\n*WAVE_LENGTH2 = 1.544414\n*KV = 40\n*MA = 40\n*BEGIN\n*GROUP = 0\n*START = 10.0\n*STOP = 30.0\n*STEP = 0.02\n*YUNIT = counts\n"
    "*COUNT = {count}\n{rows}*END\n*EOF\n"
)  # fmt: skip


def test_rigaku_text_keeps_its_conditions(reads):
    listed = "".join(", ".join(map(str, Y[i : i + 4])) + "\n" for i in range(0, 1001, 4))
    (record,) = reads("a.asc", RIGAKU.format(count=1001, rows=listed))
    assert (record.origin.format, record.header["anode"], record.column("intensity").unit) == (
        "rigaku-text",
        "Cu",
        "counts",
    )
    np.testing.assert_allclose(record.values("2Theta"), X)
    np.testing.assert_array_equal(record.values("intensity"), Y)
    with pytest.raises(BrokenFileError, match="announces 1002 points and holds 1001"):
        reads("b.asc", RIGAKU.format(count=1002, rows=listed))


def test_jade_text_states_anode_and_wavelength(reads):
    first = "04/10/13 DIF pellet 7\n"
    values = dat(first + "10.0 0.02 1.0 CU 1.54059 30.0 1001").replace(".00", "")
    (record,) = reads("a.mdi", values)
    assert (record.origin.format, record.header["anode"], record.header["wavelength (Angstrom)"]) == (
        "mdi-jade",
        "Cu",
        "1.54059",
    )
    np.testing.assert_array_equal(record.values("intensity"), Y)
    with pytest.raises(BrokenFileError, match="1003 points are announced and 1001 numbers follow"):
        reads("b.mdi", values.replace("1001\n", "1003\n", 1))
    with pytest.raises(BrokenFileError, match=r":2: could not convert string to float: '10\.\.0'"):
        reads("c.mdi", values.replace("10.0 ", "10..0 ", 1))


@pytest.mark.parametrize(
    "text",
    [
        "time (s),voltage (V)\n" + rows("{x:.4f},{y}"),
        "".join(f"{0.01 * i:.2f} {y}\n" for i, y in enumerate(Y)),  # an EDX spectrum over keV
        "x,y\n" + rows("{x:.4f},{y}"),
        "wavelength (nm),absorbance\n" + "".join(f"{300 + i},{y / 1000}\n" for i, y in enumerate(Y)),
        "Raman shift,Intensity\n" + "".join(f"{100 + i},{y}\n" for i, y in enumerate(Y)),
        "day temperature rain\n" + "".join(f"{i} {y / 10} {y % 3}\n" for i, y in enumerate(Y)),
    ],
    ids=["cycler", "edx", "x-y", "uv", "raman", "weather"],
)
def test_other_tables_are_no_pattern(reads, text):
    assert {record.technique for record in reads("table.txt", text)} <= {"", "cycling"}


def test_wavelengths_of_uxd_in_nanometres_come_in_angstroms(reads):
    text = (
        "_FILEVERSION=2\n_WL_UNIT='nm'\n_WL1=0.1788970\n_WL2=0.1792850\n_ANODE='Co'\n; (Data for Range number 1)\n_DRIVE='COUPLED'\n"
        "_STEPTIME=2.0\n_STEPSIZE=0.02\n_START=10.0\n_2THETACOUNTS\n" + rows("{x:9.4f}      {y}")
    )
    (record,) = reads("a.uxd", text)
    assert (record.header["wavelength K-alpha1 (Angstrom)"], record.header["wavelength K-alpha2 (Angstrom)"]) == (
        "1.78897",
        "1.79285",
    )
    np.testing.assert_array_equal(record.values("counts"), Y)


def test_a_title_of_free_words_stands_above_bare_rows(reads):
    (record,) = reads("a.xy", "pellet 7 of the week\n" + rows("{x:.4f}, {y},"))
    assert (record.technique, record.points, record.origin.format) == ("diffraction", 1001, "powder-xy")
    np.testing.assert_array_equal(record.values("intensity"), Y)


@pytest.mark.parametrize(
    "title", ["time voltage", "Raman shift, signal", "channel 3 of the logger", "energy of the beam"]
)
def test_a_title_that_names_another_quantity_is_heeded(reads, title):
    assert {record.technique for record in reads("a.txt", f"{title}\n{rows()}")} <= {"", "cycling"}


def test_a_scan_that_jumps_is_as_many_ranges(reads):
    first = rows()
    second = "".join(f"{60 + 0.02 * i:.4f} {y}\n" for i, y in enumerate(Y[:400]))
    records = reads("a.xy", first + second)
    assert [(record.technique, record.points) for record in records] == [("diffraction", 1001), ("diffraction", 400)]
    np.testing.assert_allclose(records[1].values("2Theta")[[0, -1]], [60.0, 67.98])
    np.testing.assert_array_equal(records[1].values("intensity"), Y[:400])


def test_rates_stated_above_bare_rows_are_no_counts(reads):
    (record,) = reads("a.asc", '*MEAS_SCAN_UNIT_Y "cps"\n' + rows())
    assert record.column("intensity").unit == "counts/s"
