"""Hints from names and headers, and the false friends they refuse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pelletry.formats.dates import iso_date
from pelletry.formats.hints import hints_from_header, hints_from_name, sample_of_name


def hint(name, what="temperature"):
    found = [h for h in hints_from_name(name) if h.name == what]
    return found[0].value if found else None


@pytest.mark.parametrize(
    ("name", "kelvin"),
    [
        ("s04147-140deg.txt", 413.15),
        ("PEIS_LPSCl_IonBlocking_-25C.mpr", 248.15),
        ("LATP_80 °C.z", 353.15),
        ("LATP_80degC.z", 353.15),
        ("LATP_298K.csv", 298.0),
        ("x T=60.txt", 333.15),
        ("LATP-25C.mpt", 298.15),
        ("LATP_0C.mpt", 273.15),
        ("LZP minus 40C.mpt", 233.15),
        ("a_-40C_b.mpt", 233.15),
        ("23.5C.txt", 296.65),
        ("23p5C.txt", 296.65),
        ("LATP_T60C_C01.mpr", 333.15),
        ("a_1100C_2h_30C.mpt", 303.15),
        ("25C_25C.txt", 298.15),
    ],
)
def test_temperatures_in_names(name, kelvin):
    assert hint(name) == pytest.approx(kelvin, abs=1e-9)


@pytest.mark.parametrize(
    "name",
    [
        "jr862_01_GCPL_C05.mpr",
        "cell_10C_rate.csv",
        "0.5C_charge.csv",
        "Circuit1_EIS_1.z",
        "STA_10K_250731.txt",
        "resistor_100k.z",
        "s_25C_100C.txt",
        "pellet3_T25.z",
        "2024-04-30.txt",
        "2theta_3_60deg.xy",
        "Li1.3Al0.3Ti1.7.txt",
        "C60.txt",
        "room temperature.txt",
        "sint1100C_LATP.mpt",
        "x140Cu.txt",
        "5000C.txt",
    ],
)
def test_false_friends_give_no_temperature(name):
    assert hint(name) is None


def test_a_sintering_temperature_is_a_treatment():
    assert hint("sint1100C_LATP.mpt", "treatment_temperature") == 1373.15
    assert hint("a_1100C_2h_30C.mpt", "treatment_temperature") == 1373.15


def test_folders_give_hints_where_the_file_name_has_none():
    hints = {h.name: h for h in hints_from_name("raw/LATP_pellet3/60C_Ar/run1.z")}
    assert (hints["temperature"].value, hints["temperature"].source) == (333.15, "folder name")
    assert hints["atmosphere"].value == "argon"
    assert hint("raw/60C/run_80C.z") == 353.15


@pytest.mark.parametrize(
    ("name", "what", "value"),
    [
        ("Li_0p1mAcm-2_Ar.mpr", "current_density", 1.0),
        ("Li 0.5 mA per cm2.txt", "current_density", 5.0),
        ("Li_100uAcm2.txt", "current_density", 1.0),
        ("LPS_50MPa.txt", "pressure", 5e7),
        ("LATP_Ar.txt", "atmosphere", "argon"),
        ("LATP_air_25C.txt", "atmosphere", "air"),
        ("a_2024-04-30_b.txt", "date", "2024-04-30"),
        ("20221128 134958 TGA.asc", "date", "2022-11-28"),
        ("13.02.2015.txt", "date", "2015-02-13"),
        ("02.12.2015.txt", "date", "2015-02-12 or 2015-12-02"),
    ],
)
def test_other_conditions(name, what, value):
    assert hint(name, what) == value


def test_gases_inside_words_are_no_atmosphere():
    assert hint("Area_Helium_Airport_O2x.txt", "atmosphere") is None


@pytest.mark.parametrize(
    ("stem", "sample"),
    [
        ("s04147-140deg", "s04147"),
        ("LATP7_EIS_80C_C01", "LATP7"),
        ("PEIS_LPSCl_IonBlocking_-25C", "LPSCl IonBlocking"),
        ("Circuit1_EIS_1", "Circuit1"),
        ("25C", "25C"),
    ],
)
def test_what_is_left_of_a_name_is_the_sample(stem, sample):
    assert sample_of_name(stem) == sample


def test_headers_need_a_unit_and_a_temperature_that_is_the_samples():
    assert hints_from_header({"Temperature": "25,5 °C"})[0].value == 298.65
    assert hints_from_header({"Temp. [°C]": "30"})[0].value == 303.15
    assert hints_from_header({"Temperature": "300 K"})[0].value == 300.0
    for wrong in (
        {"Temperature": "25"},
        {"Temperature limit": "25 °C"},
        {"Thermo Select": "1"},
        {"Temperature": "-327.67 °C"},
    ):
        assert hints_from_header(wrong) == ()


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2020-02-20 15:55:08", "2020-02-20T15:55:08"),
        ("Feb. 20, 2020   15:55:08", "2020-02-20T15:55:08"),
        ("05/15/2025 01:18:45.867", "2025-05-15T01:18:45"),
        ("13.07.2022 22:32:00", "2022-07-13T22:32:00"),
        ("4/23/2018 4:05:06 PM", "2018-04-23T16:05:06"),
        ("12/23/2018 12:05 AM", "2018-12-23T00:05:00"),
        ("02/03/2018", None),
        ("03/03/2018", "2018-03-03"),
        ("99/99/2018", None),
        ("no date", None),
    ],
)
def test_dates_are_given_only_when_they_are_one_day(text, iso):
    assert iso_date(text) == iso


def test_a_program_known_to_write_the_month_first_decides():
    assert iso_date("02/03/2018", is_month_first=True) == "2018-02-03"


@given(st.text(max_size=80))
def test_no_name_breaks_the_hints(name):
    for found in hints_from_name(name):
        assert found.name
