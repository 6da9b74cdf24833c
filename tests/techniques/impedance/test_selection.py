import numpy as np
import pytest

from pelletry.core.errors import MeasurementError
from pelletry.techniques.impedance.model.fit import fit_spectra
from pelletry.techniques.impedance.model.selection import select_circuit, selection_findings, with_inductance

K = 8.617333262e-5
FREQUENCY = np.logspace(6, -1, 57)
S = 2j * np.pi * FREQUENCY
TEMPERATURE = np.array([233.15, 253.15, 273.15, 293.15, 313.15, 333.15, 353.15])


def arrhenius(at_25, energy, temperature):
    return at_25 * temperature / 298.15 * np.exp(energy / K * (1 / temperature - 1 / 298.15))


def latp(*, inductance=0.3e-6, noise=0.003, seed=0, temperatures=TEMPERATURE):
    """A pellet whose grain arc lies above the window: R_grain 27 ohm and R_gb 300 ohm at 25 °C."""
    rng = np.random.default_rng(seed)
    spectra = []
    for t in temperatures:
        grain, boundary = arrhenius(27, 0.27, t), arrhenius(300, 0.37, t)
        z = S * inductance + grain + boundary / (1 + (S * boundary * 2e-9) ** 0.92) + 1 / (3e-6 * S**0.85)
        spectra.append(z + noise * np.abs(z) * (rng.standard_normal(S.size) + 1j * rng.standard_normal(S.size)))
    return np.array(spectra)


class Fits:
    """Fits all spectra and remembers which circuits were tried."""

    def __init__(self, impedance):
        self.impedance = impedance
        self.tried = []

    def __call__(self, circuit):
        self.tried.append(circuit)
        return fit_spectra(circuit, FREQUENCY, self.impedance)


def choose(impedance, *, noise=0.0042, **more):
    fits = Fits(impedance)
    return select_circuit(fit_all=fits, noise_fraction=[noise] * len(impedance), **more), fits


def test_latp_series_takes_the_papers_circuit_and_its_cable():
    choice, fits = choose(latp())
    assert choice.circuit == "LR(RQ)Q"
    assert "lowest AICc" in choice.reason
    assert choice.total_spread_fraction < 0.01
    assert "R(RQ)(RQ)Q" not in fits.tried  # the noise is reached, nothing richer is asked for


def test_no_inductance_is_added_where_no_cable_could_matter():
    # Ten thousand times the resistance: 2 uH, 13 ohm at 1 MHz, are lost in the noise of every spectrum.
    choice, _ = choose(1e4 * latp(inductance=0.0))
    assert choice.circuit == "R(RQ)Q"


def test_inductance_that_cannot_be_excluded_is_not_taken_for_zero():
    """Without it in the circuit the grain resistance would be biased within what looks like its error."""
    off = []
    for seed in range(12):
        choice, _ = choose(latp(inductance=0.05e-6, noise=0.01, seed=seed), noise=0.014)
        assert choice.circuit == "LR(RQ)Q"
        for fit, t in zip(choice.chosen.fits, TEMPERATURE, strict=True):
            if fit.verdict("R1").is_resolved:
                low, high = fit.interval_95[fit.names.index("R1")]
                off.append(not low <= arrhenius(27, 0.27, t) <= high)
    assert np.mean(off) < 0.12
    reasons = [c.reason for c in choice.candidates if c.circuit == "R(RQ)Q"]
    assert "inductance of LR(RQ)Q" in reasons[0]


def test_total_is_right_at_every_temperature_whatever_the_parts():
    choice, _ = choose(latp(seed=3))
    truth = arrhenius(27, 0.27, TEMPERATURE) + arrhenius(300, 0.37, TEMPERATURE)
    assert np.abs(np.array(choice.chosen.total_ohm) / truth - 1).max() < 0.02


def test_real_series_takes_the_authors_circuit(pellet_series):
    def fit_all(circuit):
        return [fit_spectra(circuit, s.frequency_Hz, s.impedance_ohm)[0] for s in pellet_series]

    choice = select_circuit(fit_all=fit_all, noise_fraction=[0.002] * len(pellet_series))
    assert choice.circuit == "(RQ)(RQ)Q"
    assert set(choice.preferred_alone) == {"(RQ)(RQ)Q"}
    findings = selection_findings(choice, names=[s.name for s in pellet_series], sample="P")
    assert [f.code for f in findings] == ["circuit-chosen"]


def test_circuit_of_the_user_wins_and_nothing_else_is_tried():
    choice, fits = choose(latp(), user_circuit="(RQ)Q")
    assert choice.circuit == "(RQ)Q"
    assert choice.is_given
    assert fits.tried == ["(RQ)Q"]
    assert "given in the study" in selection_findings(choice, names=list("abcdefg"))[0].sentence


@pytest.mark.parametrize(("setting", "has_l"), [("always", True), ("never", False)])
def test_inductance_follows_the_setting(setting, has_l):
    choice, _ = choose(latp(), inductance=setting)
    assert ("L" in choice.circuit) is has_l


def test_richer_circuits_that_eat_into_the_electrode_do_not_win():
    # Asked to reach an impossible noise, the library is tried to its end; a second arc then fits itself to the leg.
    choice, fits = choose(latp(), noise=1e-6)
    truth = arrhenius(27, 0.27, TEMPERATURE) + arrhenius(300, 0.37, TEMPERATURE)
    rich = [c for c in choice.candidates if "(RQ)(RQ)" in c.circuit]
    assert {"(RQ)(RQ)Q", "R(RQ)(RQ)Q"} <= set(fits.tried)
    assert choice.circuit == "LR(RQ)Q"
    assert np.abs(np.array(choice.chosen.total_ohm) / truth - 1).max() < 0.02
    worst = max(np.abs(np.array(c.total_ohm) / truth - 1).max() for c in rich)
    assert worst > 0.2  # what would have been reported
    assert all(c.reason.startswith("AICc") for c in rich)


def test_one_circuit_for_the_series_and_the_others_are_named():
    choice, _ = choose(latp(seed=2))
    differing = [c for c in choice.preferred_alone if c != choice.circuit]
    findings = selection_findings(choice, names=[f"{t:.0f} K" for t in TEMPERATURE], sample="P")
    codes = [f.code for f in findings]
    assert codes[0] == "circuit-chosen"
    assert ("circuit-differs-alone" in codes) is bool(differing)


def test_circuit_with_too_many_parameters_for_the_points_is_passed_over():
    def fit_all(circuit):
        return fit_spectra(circuit, FREQUENCY[::16], latp()[:1, ::16])

    choice = select_circuit(fit_all=fit_all, noise_fraction=[1e-9])
    assert choice.not_fitted
    assert "R(RQ)(RQ)Q" in dict(choice.not_fitted)


def test_no_circuit_at_all_is_an_error_in_words():
    def fit_all(circuit):
        return fit_spectra(circuit, FREQUENCY[:1], latp()[:1, :1])

    with pytest.raises(MeasurementError, match="no circuit of the library"):
        select_circuit(fit_all=fit_all, noise_fraction=[0.01])


def test_inductance_is_not_added_twice():
    assert with_inductance("LR(RQ)Q") == "LR(RQ)Q"
