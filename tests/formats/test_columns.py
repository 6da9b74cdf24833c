"""Column heads of the wild: names, units, roles."""

from __future__ import annotations

import pytest

from pelletry.formats.columns import is_unit, role_of, role_of_column, split_head, technique_of, temperature_unit


@pytest.mark.parametrize(
    ("head", "name", "unit"),
    [
        ("freq/Hz", "freq", "Hz"),
        ("Freq.[Hz]", "Freq.", "Hz"),
        ("Frequency (Hz)", "Frequency", "Hz"),
        ("f in Hz", "f", "Hz"),
        ("Frequency_Hz", "Frequency", "Hz"),
        ("Z_imag_ohm", "Z_imag", "ohm"),
        ("Zs''[ohm]", "Zs''", "ohm"),
        ("-Im(Z)/Ohm", "-Im(Z)", "Ohm"),
        ("Re(Z)", "Re(Z)", ""),
        ("Z' (Ω)", "Z'", "Ω"),
        ('Z"/ohm', 'Z"', "ohm"),
        ("Z''(b)", "Z''(b)", ""),
        ("neg. Phase / °", "neg. Phase", "°"),
        ("Temp. [°C]", "Temp.", "°C"),
        ("I/mA cm-2", "I", "mA cm-2"),
        ("Vf V vs. Ref.", "Vf V vs. Ref.", ""),
        ("sigma_re", "sigma_re", ""),
        ("InPET_C1s", "InPET_C1s", ""),
        ("", "", ""),
    ],
)
def test_name_and_unit_are_split_at_the_files_own_separator(head, name, unit):
    assert split_head(head) == (name, unit)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("freq", ("frequency", 1)),
        ("Freq.", ("frequency", 1)),
        ("Zs'", ("real", 1)),
        ("Z'(a)", ("real", 1)),
        ("Re(Z)", ("real", 1)),
        ("Z Real", ("real", 1)),
        ("Zs''", ("imaginary", 1)),
        ('Z"', ("imaginary", 1)),
        ("-Im(Z)", ("imaginary", -1)),
        ("-Zim", ("imaginary", -1)),
        ("Zimg", ("imaginary", 1)),
        ("|Z|", ("modulus", 1)),
        ("Zmod", ("modulus", 1)),
        ("Phase(Z)", ("phase", 1)),
        ("neg. Phase", ("phase", -1)),
        ("Theta", ("phase", 1)),
        ("Temperature", ("temperature", 1)),
        ("2Theta", ("", 1)),
        ("Ewe", ("", 1)),
        ("Zp'r", ("", 1)),
    ],
)
def test_roles_and_signs(name, role):
    assert role_of(name) == role


def test_a_t_is_a_temperature_only_with_its_unit():
    assert role_of_column("T", "K") == ("temperature", 1)
    assert role_of_column("T", "s") == ("time", 1)
    assert [temperature_unit(u) for u in ("°C", "deg C", "K", "s", "")] == ["°C", "°C", "K", "", ""]


@pytest.mark.parametrize(
    "text", ["Hz", "kHz", "Ohm", "ohms", "Ω", "mA/cm^2", "Ohm cm2", "°C", "S/cm", "µA", "V vs. Ref."]
)
def test_units(text):
    assert is_unit(text)


@pytest.mark.parametrize("text", ["a", "b", "Z", "imag", "demo", "", "C1s!", "x" * 40])
def test_words_are_no_units(text):
    assert not is_unit(text)


def test_the_technique_comes_from_the_columns():
    assert technique_of((("f", "Hz"), ("|Z|", "ohm"), ("theta", "deg"))) == "impedance"
    assert technique_of((("2Theta", "deg"), ("Intensity", ""))) == "diffraction"
    assert technique_of((("Binding Energy", "eV"), ("Counts", ""))) == "xps"
    assert technique_of((("Voltage", "V"), ("Current", "A"), ("Cycle Index", ""))) == "cycling"
    assert technique_of((("f", "Hz"), ("Z'", "ohm"))) == ""
    assert technique_of((("x", ""), ("y", ""))) == ""
