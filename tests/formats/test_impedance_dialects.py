"""One made-up spectrum under the headings, signs, units and alphabets of many programs: the same impedance comes out, or a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry.core.errors import MeasurementError, RefusedFileError
from pelletry.formats.open_file import read_file
from pelletry.techniques.impedance.read import read

F = np.logspace(6, 0, 25)
_W = 2j * np.pi * F
Z = 100 + 1 / (1 / 1000 + _W**0.9 * 1e-7) + 1 / (_W**0.8 * 1e-4)
Y = 1 / Z
VALUES = {
    "cp": Y.imag / _W.imag, "rp": 1 / Y.real, "g": Y.real, "b": Y.imag, "cs": -1 / (_W.imag * Z.imag), "d": -Z.real / Z.imag, "pf": 1e12 * Y.imag / _W.imag,
    "f": F, "kf": F / 1e3, "w": 2 * np.pi * F, "re": Z.real, "im": Z.imag, "-im": -Z.imag, "kre": Z.real / 1e3, "-kim": -Z.imag / 1e3,
    "mod": abs(Z), "deg": np.degrees(np.angle(Z)), "-deg": -np.degrees(np.angle(Z)), "rad": np.angle(Z), "i": np.arange(F.size) + 1.0,
    "yre": (1 / Z).real, "yim": (1 / Z).imag, "re/2": Z.real / 2, "im/2": Z.imag / 2, "T": np.full(F.size, 300.0),
}  # fmt: skip


def written(tmp_path, heads, columns, *, sep=",", decimal=".", encoding="utf-8", before="", after=""):
    rows = zip(*(VALUES[c] for c in columns), strict=True)
    lines = [sep.join(heads)] + [sep.join(f"{v:.9g}".replace(".", decimal) for v in row) for row in rows]
    path = tmp_path / "pellet.txt"
    path.write_bytes((before + "\n".join(lines) + "\n" + after).encode(encoding))
    return path


def spectra_of(path):
    return read(read_file(path))


DIALECTS = [
    (["Index", "Frequency (Hz)", "Z' (Ω)", "-Z'' (Ω)", "Z (Ω)", "-Phase (°)"], "i f re -im mod -deg", {"sep": ";", "decimal": ","}),
    (["Index", "Frequency (Hz)", "Z' (?)", "-Z'' (?)", "Z (?)", "-Phase (?)"], "i f re -im mod -deg", {"sep": "\t"}),
    (["Frequency(Hz)", " |Z|(Ohm)-data", " theta-z(deg)-data"], "f mod deg", {"before": "!CSV A.01.01\n!Source: Standard\nBEGIN CH1_DATA\n", "after": "END\n"}),
    (["Frequency (Hz)", "R (Ohm)", "X (Ohm)"], "f re im", {}),
    (["Frequency (Hz)", "Resistance (Ohm)", "-Reactance (Ohm)"], "f re -im", {}),
    (["No.", "FREQ[Hz]", "Z[ohm]", "PHASE[deg]", "Rs[ohm]", "X[ohm]"], "i f mod deg re im", {}),
    (["FREQ", "Z", "DEG"], "f mod deg", {"sep": "  "}),
    (["Frequency (Hz)", "Impedance Magnitude (Ohms)", "Impedance Phase (Deg)"], "f mod deg", {}),
    (["Frequency / Hz", "Impedance Modulus / Ohm", "Impedance Phase / deg"], "f mod deg", {}),
    (["频率(Hz)", "阻抗实部(Ω)", "阻抗虚部(Ω)"], "f re im", {"encoding": "gb18030"}),
    (["频率(Hz)", "阻抗模值(Ω)", "相位角(°)"], "f mod deg", {}),
    (["周波数(Hz)", "インピーダンス(Ω)", "位相(°)"], "f mod deg", {"encoding": "shift_jis"}),
    (["Частота, Гц", "Z', Ом", "Z'', Ом"], "f re im", {"encoding": "cp1251", "sep": "\t"}),
    (["Frequenz [Hz]", "Realteil [Ohm]", "Imaginärteil [Ohm]"], "f re im", {"encoding": "cp1252", "sep": ";", "decimal": ","}),
    (["Frequenz/Hz", "Betrag/Ohm", "Phase/°"], "f mod deg", {"encoding": "cp1252", "sep": "\t", "decimal": ","}),
    (["Fréquence (Hz)", "Partie réelle (Ohm)", "Partie imaginaire (Ohm)"], "f re im", {"encoding": "latin-1", "sep": "\t", "decimal": ","}),
    (["f/kHz", "Re(Z)/kOhm", "-Im(Z)/kOhm"], "kf kre -kim", {"sep": "\t"}),
    (["omega (rad/s)", "Re Z (ohm)", "Im Z (ohm)"], "w re im", {}),
    (["ω/rad s-1", "Z'/Ω", "Z''/Ω"], "w re im", {"sep": "\t"}),
    (["Frequency (Hz)", "|Z| (Ohm)", "Phase (rad)"], "f mod rad", {}),
    (["frequency", "z_real", "minus_z_imag"], "f re -im", {}),
    (["Frequency_Hz", "Z_real_ohm", "neg_Z_imag_ohm"], "f re -im", {}),
    (["f [Hz]", "Re{Z} [Ohm]", "Im{Z} [Ohm]"], "f re im", {}),
    (["Frequency (Hz)", "Z' (ohm)", "(-)Z'' (ohm)"], "f re -im", {}),
    (["Frequency (Hz)", "Z' (ohm)", "Z''(-) (ohm)"], "f re -im", {}),
    (["Frequency (Hz)", "Z' (ohm)", "-1*Z'' (ohm)"], "f re -im", {}),
    (["f/Hz", "Z’/Ω", "–Z”/Ω"], "f re -im", {}),
    (["$f$ / Hz", "$Z'$ / $\\Omega$", "$-Z''$ / $\\Omega$"], "f re -im", {}),
    (["f", "Z'", 'Z"', "Phase"], "f re im deg", {}),
    (["f (Hz)", "Y' (S)", "Y'' (S)"], "f yre yim", {}),
    (["f", "Zabs", "Zarg"], "f mod deg", {}),
    (["Hz", "Re", "Im"], "f re im", {}),
    (["f", "Z', Om", 'Z", Om'], "f re im", {"sep": ";"}),
    (["Frequency (Hz)", "Cp (F)", "Rp (Ohm)"], "f cp rp", {}),
    (["Frequency (Hz)", "Cp (pF)", "D"], "f pf d", {}),
    (["Freq. [Hz]", "Cp [F]", "tan δ"], "f cp d", {}),
    (["Frequency (Hz)", "Cp (F)", "G (S)"], "f cp g", {}),
    (["Frequency (Hz)", "G (S)", "B (S)"], "f g b", {}),
    (["Frequency (Hz)", "Cs (F)", "Rs (Ohm)"], "f cs re", {}),
    (["Frequency (Hz)", "Cs (F)", "D"], "f cs d", {}),
]  # fmt: skip


@pytest.mark.parametrize(("heads", "columns", "how"), DIALECTS, ids=[d[0][1] + d[0][-1] for d in DIALECTS])
def test_the_same_impedance_comes_out_of_every_dialect(tmp_path, heads, columns, how):
    path = written(tmp_path, heads, columns.split(), **how)
    (record,) = read_file(path)
    assert record.technique == "impedance"
    (spectrum,) = read([record])
    np.testing.assert_allclose(spectrum.frequency_Hz, F, rtol=1e-7)
    np.testing.assert_allclose(spectrum.impedance_ohm, Z, rtol=1e-6)


def test_radians_without_a_unit_are_found_by_the_slope_of_the_modulus(tmp_path):
    path = written(tmp_path, ["chunk", "frequency", "absz", "phasez"], ["i", "f", "mod", "rad"], sep=";")
    (spectrum,) = spectra_of(path)
    np.testing.assert_allclose(spectrum.impedance_ohm, Z, rtol=1e-6)
    assert any("read in radians" in warning for warning in spectrum.warnings)


def test_a_stated_unit_of_the_phase_is_kept_and_its_misfit_told(tmp_path):
    (spectrum,) = spectra_of(written(tmp_path, ["f/Hz", "|Z|/Ohm", "Phase/deg"], ["f", "mod", "rad"]))
    assert spectrum.impedance_ohm.imag == pytest.approx((abs(Z) * np.sin(np.deg2rad(np.angle(Z)))), rel=1e-6)
    assert any("check its unit" in warning for warning in spectrum.warnings)


def test_a_small_phase_in_degrees_stays_in_degrees(tmp_path):
    VALUES["small"] = np.degrees(np.angle(1000 + Z / 100))
    VALUES["large"] = abs(1000 + Z / 100)
    (spectrum,) = spectra_of(written(tmp_path, ["f", "|Z|", "Phase"], ["f", "large", "small"]))
    np.testing.assert_allclose(spectrum.impedance_ohm, 1000 + Z / 100, rtol=1e-6)


@pytest.mark.parametrize(
    ("heads", "columns", "sentence"),
    [
        (["Freq(Hz)", "Z'(ohm.cm^2)", "Z''(ohm.cm^2)"], "f re im", "is in 'ohm.cm^2', a unit that does not fit"),
        (["Freq(Hz)", "Zp'(ohm)", "Zp''(ohm)"], "f re im", "a parallel quantity"),
        (["FREQ(HZ)", "Z(MOHM)", "THETA(DEG)"], "f mod deg", "may be milliohm or megohm"),
    ],
)
def test_what_cannot_be_a_series_impedance_in_ohm_is_refused_by_its_column(tmp_path, heads, columns, sentence):
    with pytest.raises(MeasurementError, match="column") as told:
        spectra_of(written(tmp_path, heads, columns.split()))
    assert sentence in str(told.value)


@pytest.mark.parametrize(
    "heads",
    [
        ["log f", "Z'", 'Z"'],
        ["log(freq/Hz)", "Re(Z)/Ohm", "-Im(Z)/Ohm"],
        ["Frequency (Hz)", "Z' (10^3 Ω)", "Z'' (10^3 Ω)"],
        ["Frequency (Hz)", "Z' x10^4 (Ω)", "Z'' x10^4 (Ω)"],
        ["Frequency (Hz)", "Magnitude (dB)", "Phase (deg)"],
        ["Frequency (Hz)", "R", "X"],
        ["Frequency (Hz)", "Cp", "D"],
        ["Frequency (Hz)", "C (F)", "D"],
        ["Frequency (Hz)", "G", "B"],
    ],
)
def test_headings_that_do_not_say_enough_make_no_spectrum(tmp_path, heads):
    (record,) = read_file(written(tmp_path, heads, ["f", "re", "im"]))
    assert record.technique == ""


def test_spectra_that_share_a_frequency_column_come_apart(tmp_path):
    heads = ["Frequency (Hz)", "Z' 25C", "Z'' 25C", "Z' 50C", "Z'' 50C"]
    first, second = spectra_of(written(tmp_path, heads, ["f", "re", "im", "re/2", "im/2"]))
    np.testing.assert_allclose(first.impedance_ohm, Z, rtol=1e-6)
    np.testing.assert_allclose(second.impedance_ohm, Z / 2, rtol=1e-6)
    assert (first.temperature_K, second.temperature_K) == (298.15, 323.15)
    assert [first.name, second.name] == ["pellet.txt [25C]", "pellet.txt [50C]"]


MERGED = {
    "each with its frequency": (["25 °C", "", "", "50 °C", "", ""], ["f (Hz)", "Z' (Ω)", "-Z'' (Ω)"] * 2, ["f", "re", "-im", "f", "re/2", "-im/2"]),
    "one frequency": (["", "25 °C", "", "50 °C", ""], ["f (Hz)", "Z' (Ω)", "-Z'' (Ω)", "Z' (Ω)", "-Z'' (Ω)"], ["f", "re", "-im", "re/2", "-im/2"]),
}  # fmt: skip


@pytest.mark.parametrize("how", MERGED)
def test_cells_merged_over_the_headings_name_the_spectra(tmp_path, how):
    VALUES["-im/2"] = -Z.imag / 2
    above, heads, columns = MERGED[how]
    first, second = spectra_of(written(tmp_path, heads, columns, sep=";", decimal=",", before=";".join(above) + "\n"))
    np.testing.assert_allclose(first.impedance_ohm, Z, rtol=1e-6)
    np.testing.assert_allclose(second.impedance_ohm, Z / 2, rtol=1e-6)
    assert [(s.name, s.temperature_K) for s in (first, second)] == [
        ("pellet.txt [25 °C]", 298.15),
        ("pellet.txt [50 °C]", 323.15),
    ]


@pytest.mark.parametrize("above", ["Area,1 cm2\n", "Date,2031-03-14,Time,10:11\n", "Sample,LATP 7,25 °C\n"])
def test_entries_above_the_headings_are_no_merged_cells(tmp_path, above):
    heads = ["f (Hz)", "Z' (Ω)", "Z'' (Ω)", "|Z| (Ω)", "Phase (°)"]
    (spectrum,) = spectra_of(written(tmp_path, heads, ["f", "re", "im", "mod", "deg"], before=above))
    np.testing.assert_allclose(spectrum.impedance_ohm, Z, rtol=1e-6)
    assert spectrum.name == "pellet.txt"


def test_a_second_pair_under_the_same_names_is_a_second_spectrum(tmp_path):
    heads = ["f", "Z'", "Z''", "Z'", "Z''"]
    first, second = spectra_of(written(tmp_path, heads, ["f", "re", "im", "re/2", "im/2"]))
    np.testing.assert_allclose(second.impedance_ohm, Z / 2, rtol=1e-6)
    assert first.impedance_ohm[0] == pytest.approx(Z[0])


def test_a_fit_beside_the_data_is_told_to_be_one(tmp_path):
    heads = ["f/Hz", "Z'/Ohm", "Z''/Ohm", "Z'_fit/Ohm", "Z''_fit/Ohm"]
    measured, fitted = read_file(written(tmp_path, heads, ["f", "re", "im", "re/2", "im/2"]))
    assert not [h for h in measured.hints if h.name == "kind"]
    assert [h.value for h in fitted.hints if h.name == "kind"] == ["not a measurement"]


def test_errors_of_a_spectrum_are_no_spectrum(tmp_path):
    heads = ["f/Hz", "Z'/Ohm", "Z''/Ohm", "Z' err/Ohm", "Z'' err/Ohm"]
    (record,) = read_file(written(tmp_path, heads, ["f", "re", "im", "re/2", "im/2"]))
    assert len(record.columns) == 5


def test_thousands_marks_in_quotes_between_commas(tmp_path):
    rows = "".join(f'"{f:,.3f}",{z.real:.9g},{z.imag:.9g}\n' for f, z in zip(F, Z, strict=True))
    path = tmp_path / "pellet.csv"
    path.write_text("Frequency (Hz),Zre,Zim\n" + rows)
    (spectrum,) = spectra_of(path)
    np.testing.assert_allclose(spectrum.frequency_Hz, F, rtol=1e-3)


@pytest.mark.parametrize("sign", [1, -1])
def test_three_bare_columns_get_the_sign_that_the_slope_of_the_modulus_asks_for(tmp_path, sign):
    kept = np.r_[0:6, 8:19, 22:25]  # somebody took points out
    path = tmp_path / "pellet.txt"
    path.write_text(
        "".join(f"{f:.6e}\t{z.real:.6e}\t{sign * z.imag:.6e}\n" for f, z in zip(F[kept], Z[kept], strict=True))
    )
    (record,) = read_file(path)
    (spectrum,) = read([record])
    np.testing.assert_allclose(spectrum.impedance_ohm, Z[kept], rtol=1e-5)
    assert ("the slope of |Z|" in record.warnings[0]) == (sign < 0)


@pytest.mark.parametrize(
    "heads",
    [
        ["Frequency in Hz", "Gain in dB", "Phase in °"],
        ["Frequency (Hz)", "Channel A Magnitude (dBm)", "Channel A Phase (deg)"],
    ],
)
def test_a_transfer_function_in_decibel_is_no_impedance(tmp_path, heads):
    (record,) = read_file(written(tmp_path, heads, ["f", "mod", "deg"]))
    assert record.technique == ""


@pytest.mark.parametrize(
    "rows",
    [
        [(f, np.exp(-((k - 12) ** 2) / 20), 100 / (1 + np.exp(-(k - 12) / 2))) for k, f in enumerate(F[::-1])],
        [(f, 0.5 * np.cos(k / 3), 0.5 * np.sin(k / 3)) for k, f in enumerate(F[::-1])],
        [(f, -5.0 - k, -40.0 + k) for k, f in enumerate(F)],
    ],
    ids=["a size distribution", "a reflection", "no positive real part"],
)
def test_three_bare_columns_that_do_not_run_like_an_impedance_are_none(tmp_path, rows):
    path = tmp_path / "pellet.txt"
    path.write_text("".join(f"{a:.6e}\t{b:.6e}\t{c:.6e}\n" for a, b, c in rows))
    (record,) = read_file(path)
    assert (record.technique, record.columns[0].name) == ("", "column 1")


def test_network_parameters_are_refused_by_their_name(tmp_path):
    path = tmp_path / "pellet.s1p"
    path.write_text("! analyser\n# MHz S RI R 50\n" + "".join(f"{f:.5e} 0.5 -0.1\n" for f in F))
    with pytest.raises(RefusedFileError, match="Touchstone network parameters"):
        read_file(path)


def test_three_columns_below_their_number_with_the_frequency_last_are_no_spectrum_by_order(tmp_path):
    path = tmp_path / "pellet.txt"
    rows = "".join(f"{z.real:.6e} {-z.imag:.6e} {f:.6e}\n" for f, z in zip(F, Z, strict=True))
    path.write_text(f"primary data\n3\n{F.size}\n" + rows)
    (record,) = read_file(path)
    assert record.technique == ""
