"""A file that holds -Z'' under the name of Z'': reported, never turned by itself, turned by a person's decision."""

from __future__ import annotations

import numpy as np
import pytest

from pelletry import api

DECISION = """
[[sign]]
sample = "P"
file = "raw/P_60C.csv"
author = "A. Person"
date = 2026-03-01
reason = "the program exports the negative"
"""


@pytest.fixture
def wrong_sign(tmp_path):
    """Three temperatures of one pellet; the last file has the wrong sign."""
    raw = tmp_path / "raw"
    raw.mkdir()
    s = 2j * np.pi * (f := np.logspace(6, 0, 43))
    random = np.random.default_rng(3)
    for degc, r_ohm in ((20, 3e4), (40, 1.2e4), (60, 5e3)):
        z = 50 + r_ohm / (1 + (s * r_ohm * 1e-9) ** 0.95) + 1 / (1e-6 * s**0.85)
        z *= 1 + 1e-3 * random.standard_normal(f.size)
        imaginary = -z.imag if degc == 60 else z.imag
        rows = "".join(f"{a:.9g},{b:.9g},{c:.9g}\n" for a, b, c in zip(f, z.real, imaginary, strict=True))
        (raw / f"P_{degc}C.csv").write_text("frequency (Hz),Re(Z) (ohm),Im(Z) (ohm)\n" + rows, encoding="utf-8")
    (tmp_path / "study.toml").write_text(
        'title = "t"\n[confirm]\ntemperatures_from_file_names = true\n', encoding="utf-8"
    )
    (tmp_path / "samples.csv").write_text(
        "sample,diameter,thickness,electrode_diameter,files\nP,8.00(1) mm,1.00(1) mm,face,raw/*.csv\n", encoding="utf-8"
    )
    return tmp_path


def _resistance(result):
    return next(
        q.quantity
        for q in result.quantities
        if q.name == "resistance_total" and abs(q.condition("temperature_K") - 333.15) < 0.1
    )


def test_a_wrong_sign_is_turned_by_a_decision_and_said_everywhere(wrong_sign):
    before = api.run(wrong_sign)
    (said,) = [f for f in before.findings if f.code == "inductive-throughout"]
    assert "[[sign]] in decisions.toml" in said.sentence
    (wrong_sign / "decisions.toml").write_text(DECISION, encoding="utf-8")
    result = api.run(wrong_sign)
    assert not [f for f in result.findings if f.code == "inductive-throughout"]
    assert _resistance(result).value == pytest.approx(5050, rel=0.02)
    spectra = result.of("P", "impedance").spectra
    assert [bool(s.turned) for s in spectra] == [False, False, True]
    words = "the program exports the negative (A. Person, 2026-03-01)"
    assert any(f.code == "decision" and words in f.sentence for f in result.findings)
    traced = api.trace_text(api.trace(result, "P conductivity_total at 60 °C"))
    assert f"the sign of Z'' was turned: {words}" in traced
    assert "turned" not in api.trace_text(api.trace(result, "P conductivity_total at 20 °C"))
    assert "turned by decision" in api.present(result)["P", "impedance"].method_paragraph


def test_the_limit_of_the_instrument_is_a_setting(wrong_sign):
    toml = wrong_sign / "study.toml"
    assert not [f for f in api.run(wrong_sign).findings if f.code == "range-limit"]
    toml.write_text(toml.read_text(encoding="utf-8") + '[impedance]\nimpedance_limit = "20 kohm"\n', encoding="utf-8")
    found = [f for f in api.run(wrong_sign).findings if f.code == "range-limit"]
    assert any("P_20C.csv" in f.sentence and "2e+04 ohm" in f.sentence for f in found)
