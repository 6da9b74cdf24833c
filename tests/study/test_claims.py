"""claims.toml: printed values with their unit, conditions and source; and every mistake at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pelletry.core.errors import StudyError
from pelletry.study.schema import claims_schema
from pelletry.study.spec import load_study


def study(tmp_path: Path, claims: str) -> Path:
    (tmp_path / "study.toml").write_text('title = "t"\n')
    (tmp_path / "samples.csv").write_text("sample,files\nLATP-800,b.z\nB,b2.z\n")
    for name in ("b.z", "b2.z"):
        (tmp_path / name).write_text("x")
    (tmp_path / "claims.toml").write_text(claims, encoding="utf-8")
    return tmp_path


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(StudyError) as raised:
        load_study(folder)
    return [str(mistake) for mistake in raised.value.mistakes]


def claim(value: str, quantity: str, **more: str) -> str:
    rest = "".join(f'{key} = "{text}"\n' for key, text in more.items())
    return f'[[claim]]\nsample = "latp-800"\nquantity = "{quantity}"\nvalue = "{value}"\n{rest}'


def test_no_file_means_no_claims(tmp_path):
    folder = study(tmp_path, "")
    (folder / "claims.toml").unlink()
    assert load_study(folder).claims == ()


@pytest.mark.parametrize(
    ("text", "quantity", "value", "std", "rounding"),
    [
        ("1298.405(3) Å3", "lattice_volume", 1298.405, 0.003, 0.0005),
        ("2.94 g/cm3", "density_theoretical", 2940.0, None, 5.0),
        ("83 wt%", "mass_fraction", 0.83, None, 0.005),
        ("8.77(43)e-4 S/cm", "conductivity_total_25C", 0.0877, 0.0043, 0.00005),
        ("115 mAh/g", "specific_capacity_best", 414000.0, None, 1800.0),
        ("750 Ω cm2", "asr_interface_ac", 0.075, None, 5e-5),
        ("9e-6 1/K", "expansion_mean", 9e-6, None, 5e-7),
        ("-13.2 %", "shrinkage", -0.132, None, 0.0005),
        ("50 °C", "transition_temperature", 323.15, None, 0.5),
        ("0.34 ± 0.01 eV", "activation_energy_total", 0.34, 0.01, 0.005),
        ("2.0e-9 F", "capacitance_arc1", 2.0e-9, None, 0.05e-9),
    ],
)
def test_a_printed_value_keeps_its_text_uncertainty_and_last_digit(tmp_path, text, quantity, value, std, rounding):
    (found,) = load_study(study(tmp_path, claim(text, quantity, source="a paper"))).claims
    assert (found.sample, found.quantity, found.text, found.source) == ("LATP-800", quantity, text, "a paper")
    assert found.value.value == pytest.approx(value)
    assert found.value.std == (None if std is None else pytest.approx(std))
    assert found.rounding == pytest.approx(rounding, rel=1e-6)


def test_conditions_are_in_house_units_and_the_source_may_stand_once(tmp_path):
    text = 'source = "a thesis"\n' + claim(
        "133.4 eV", "binding_energy", line="P 2p3/2", assignment="Li3P", reference="C 1s 285.0 eV", temperature="80 °C"
    )
    text += claim("0.18 V", "overpotential", current_density="40 uA/cm2")
    energy, voltage = load_study(study(tmp_path, text)).claims
    assert dict(energy.conditions) == {
        "temperature_K": pytest.approx(353.15),
        "assignment": "Li3P",
        "region": "P 2p",
        "reference_line": "C 1s",
        "reference_eV": 285.0,
    }
    assert voltage.condition("current_density_A_per_m2") == pytest.approx(0.4)
    assert {energy.source, voltage.source} == {"a thesis"}
    assert energy.where == "claims.toml:2: claim[1]"


def test_all_mistakes_are_named_at_once(tmp_path):
    text = (
        claim("1298 Å", "lattice_volume", source="x")
        + claim("0.34 eV", "activation_energy_totl", source="x")
        + claim("0.34 eV", "activation_energy_total", source="x", convention="ln s")
        + claim("0.34 eV", "activation_energy_total")
        + claim("-2 mm", "thickness", source="x")
        + claim("133 eV", "binding_energy", source="x", line="P2", reference="gold", lin="P 2p")
        + claim("133 eV", "binding_energy", source="x", line="P2", reference="gold")
        + claim("115 mAh/g", "specific_capacity_best", source="x", formula="Li1+xTi2")
        + '[[claim]]\nsample = "C"\nquantity = "d50"\nvalue = "3 um"\nsource = "x"\n'
        + '[[claims]]\nsample = "B"\n'
    )
    found = "\n".join(mistakes(study(tmp_path, text)))
    for words in (
        "cannot be read as angstrom3",
        "Did you mean activation_energy_total?",
        "'ln s' is no convention; expected ln(sigma T) or ln(sigma)",
        "the claim has no source",
        "'-2 mm' is not above zero",
        "unknown key",
        "Did you mean line?",
        "'P2' is no line",
        "'gold' is no charge reference",
        "claim[8].formula: ",
        "there is no sample 'C'",
        "Did you mean claim?",
    ):
        assert words in found, (words, found)


def test_one_value_is_claimed_once(tmp_path):
    text = claim("0.34 eV", "activation_energy_total", source="x")
    (found,) = mistakes(study(tmp_path, text + text))
    assert "activation_energy_total of LATP-800 is claimed twice, first at claims.toml:1" in found


def test_the_schema_accepts_what_the_loader_accepts(tmp_path):
    import jsonschema

    schema = claims_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    entry = {"sample": "A", "quantity": "d50", "value": "3 um"}
    jsonschema.validate({"source": "x", "claim": [entry]}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"claim": [{**entry, "unit": "um"}]}, schema)
