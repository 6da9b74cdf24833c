"""Settings refuse what they do not know and say what was expected."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pelletry.techniques.impedance.settings import ImpedanceSettings


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="weigting"):
        ImpedanceSettings.model_validate({"weigting": "unit"})


def test_a_wrong_circuit_names_its_position() -> None:
    with pytest.raises(ValidationError, match=r"R\(RQ"):
        ImpedanceSettings(circuit="R(RQ")


@pytest.mark.parametrize("text", ["auto", "R(RQ)Q", "R1+(R2||Q1)+Q2", "raj-2023"])
def test_circuits_in_each_notation_are_accepted(text: str) -> None:
    assert ImpedanceSettings(circuit=text).circuit == text


def test_an_empty_frequency_window_is_refused() -> None:
    with pytest.raises(ValidationError, match="not below"):
        ImpedanceSettings(frequency_min_Hz=1e5, frequency_max_Hz=1e3)


def test_no_uncertainty_of_temperature_is_assumed() -> None:
    assert ImpedanceSettings().temperature_std_K is None


def test_the_reference_temperature_is_that_of_sigma_25() -> None:
    assert ImpedanceSettings().reference_temperature_K == 298.15
