"""Balances and dilatometers whose text comes as a plain table: one and the same made-up run under many heads, and tables that are no run."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.core.errors import MeasurementError
from pelletry.formats.open_file import read_file
from pelletry.techniques.dilatometry.read import read as read_dilatometer
from pelletry.techniques.thermogravimetry.read import read as read_balance

T_C = np.linspace(30.0, 1100.0, 54)
MINUTES = (T_C - 30.0) / 5.0
STRAIN = 9e-6 * (T_C - 30.0) - 0.12 / (1 + np.exp(-(T_C - 900.0) / 30.0))
SHARE = 1.0 - 0.04 / (1 + np.exp(-(T_C - 450.0) / 30.0))
MASS_MG, LENGTH_MM = 31.5, 9.84
VALUES = {
    "i": np.arange(T_C.size) + 1.0, "T": T_C, "K": T_C + 273.15, "min": MINUTES, "s": 60 * MINUTES, "mg": MASS_MG * SHARE, "-mg": MASS_MG * (SHARE - 1),
    "ug": 1e3 * MASS_MG * (SHARE - 1), "%m": 100 * SHARE, "um": 1e3 * LENGTH_MM * STRAIN, "%l": 100 * STRAIN, "l": STRAIN, "0": 0 * T_C, "-%l": -100 * STRAIN,
}  # fmt: skip


def written(tmp_path, head, columns, *, sep=",", decimal=".", encoding="utf-8", before=""):
    rows = zip(*(VALUES[c] for c in columns.split()), strict=True)
    lines = [head, *(sep.join(f"{v:.9g}".replace(".", decimal) for v in row) for row in rows)]
    path = tmp_path / "pellet.txt"
    path.write_bytes((before + "\r\n".join(lines) + "\r\n").encode(encoding))
    return path


LENGTHS = {
    "Linseis": ("Time [min]\tTemperature [°C]\tDelta L [µm]\tRel. Change [%]", "min T um %l", {"sep": "\t", "encoding": "cp1252"}),
    "in German": ("Zeit/min;Temperatur/°C;dL/L0", "min T l", {"sep": ";", "decimal": ",", "encoding": "cp1252"}),
    "a fraction": ("Time (min),Temperature (C),dL/L0", "min T l", {}),
    "per cent": ("Time (s),Sample Temperature (°C),dL/Lo (%)", "s T %l", {}),
    "kelvin": ("Time (s),Temperature (K),dL/Lo (%)", "s K %l", {}),
    "shrinkage": ("t (min),T (°C),Linear shrinkage (%)", "min T -%l", {}),
}  # fmt: skip


@pytest.mark.parametrize("name", LENGTHS)
def test_the_same_change_of_length_comes_out_of_every_table(tmp_path, name):
    head, columns, how = LENGTHS[name]
    (record,) = read_file(written(tmp_path, head, columns, **how))
    assert record.technique == "dilatometry"
    (run,) = read_dilatometer([record])
    np.testing.assert_allclose(run.strain_fraction, STRAIN, atol=1e-9)
    np.testing.assert_allclose(run.temperature_K, T_C + 273.15, rtol=1e-8)
    np.testing.assert_allclose(run.time_s, 60 * MINUTES, atol=1e-6)


def test_a_displacement_with_the_length_above_the_table(tmp_path):
    path = written(
        tmp_path, "Time (min)\tTemp. (°C)\tDisplacement (µm)", "min T um", sep="\t", before="Sample length: 9.84 mm\r\n"
    )
    (run,) = read_dilatometer(read_file(path))
    assert run.initial_length_m == pytest.approx(9.84e-3)
    np.testing.assert_allclose(run.displacement_m, 1e-3 * LENGTH_MM * STRAIN, atol=1e-12)


MASSES = {
    "STARe for spreadsheets": ("Index;t [s];Ts [°C];Tr [°C];Value [mg]", "i s T T mg", {"sep": ";", "encoding": "cp1252"}),
    "TRIOS for spreadsheets": ("Time,Temperature,Weight,Weight\nmin,°C,mg,%", "min T mg %m", {"before": "Instrument name,TGA\r\n[step]\r\nRamp\r\n"}),
    "Shimadzu": ("Time\tTemp\tTGA\n[sec]\t[C]\t[mg]", "s T mg", {"sep": "\t", "before": "[Sample Information]\r\nSample Name:\tx\r\n[Data]\r\n"}),
    "in German": ("Temperatur [°C];Zeit [min];Masse [mg]", "T min mg", {"sep": ";", "decimal": ",", "encoding": "cp1252"}),
    "in Chinese": ("温度(℃),时间(min),质量(mg)", "T min mg", {"encoding": "gb18030"}),
    "zeroed, mass above": ("Time\tTemp\tTG\nmin\tCel\tug", "min T ug", {"sep": "\t", "before": "Sample mass:\t31.5 mg\r\n"}),
}  # fmt: skip


@pytest.mark.parametrize("name", MASSES)
def test_the_same_mass_comes_out_of_every_table(tmp_path, name):
    head, columns, how = MASSES[name]
    (record,) = read_file(written(tmp_path, head, columns, **how))
    assert record.technique == "thermogravimetry"
    (run,) = read_balance([record])
    np.testing.assert_allclose(run.mass_kg, 1e-6 * MASS_MG * SHARE, rtol=1e-7)
    np.testing.assert_allclose(run.temperature_K, T_C + 273.15, rtol=1e-8)


def test_a_balance_set_to_zero_without_the_mass_of_the_sample_is_refused(tmp_path):
    path = written(tmp_path, "Time (s);Sample Temperature (°C);TG (mg)", "s T -mg", sep=";")
    with pytest.raises(
        MeasurementError, match="the balance was set to zero and the mass of the sample is not in the file"
    ):
        read_balance(read_file(path))


def test_a_mass_over_temperature_alone_is_refused_for_want_of_the_time(tmp_path):
    (record,) = read_file(written(tmp_path, "T (°C),Mass (%)", "T %m"))
    assert record.technique == "thermogravimetry"
    with pytest.raises(MeasurementError, match="no column of time"):
        read_balance([record])


@pytest.mark.parametrize(
    "text",
    [
        "pellet,sintering temperature (°C),mass (g)\n"
        + "".join(f"{i},{900 + 50 * (i % 5)},0.4{i % 7}\n" for i in range(30)),
        "Time (s),Temperature (°C)\n" + "".join(f"{i},{20 + i}\n" for i in range(40)),
        "Temperature (°C),mass flow (kg/s)\n" + "".join(f"{20 + i},{i}\n" for i in range(40)),
    ],
    ids=["a list of pellets", "a furnace alone", "a flow"],
)
def test_other_tables_with_a_temperature_are_no_thermal_run(tmp_path, text):
    path = tmp_path / "list.csv"
    path.write_text(text)
    assert not {r.technique for r in read_file(path)} & {"dilatometry", "thermogravimetry", "thermal"}


PADDED = (
    "#EXPORTTYPE:                 ;DATA SINGLE\n#FILE:                       ;pellet.ngb-sdg\n#FORMAT:                     ;NETZSCH5\n"
    "#DECIMAL:                    ;COMMA\n#SEPARATOR:                  ;SEMICOLON\n#MTYPE:                      ;TG\n"
    "#DATE/TIME:                  ;31.03.2031 12:47:59 (UTC+2)\n#SAMPLE:                     ;pellet 7\n#SAMPLE MASS /mg:            ;31,5\n\n"
    "##Temp./°C;Time/min;Mass/%\n"
)


def test_netzsch_tables_for_spreadsheets_have_a_separator_behind_their_keys(tmp_path):
    rows = "".join(f" {t:.5f};{m:.5f};{100 * s:.5f}\n" for t, m, s in zip(T_C, MINUTES, SHARE, strict=True)).replace(
        ".", ","
    )
    path = tmp_path / "pellet.csv"
    path.write_bytes((PADDED + rows).encode("cp1252"))
    (record,) = read_file(path)
    assert (record.origin.format, record.origin.acquired_at, record.name) == (
        "netzsch-text",
        "2031-03-31T12:47:59",
        "pellet 7",
    )
    (run,) = read_balance([record])
    assert run.initial_mass_kg == pytest.approx(31.5e-6)
    np.testing.assert_allclose(run.share_fraction, SHARE, atol=1e-6)
