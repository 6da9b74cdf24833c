r"""The linear Kramers-Kronig test: can any causal, linear, stable circuit have given this spectrum?

The spectrum is fitted with M parallel R-C elements in series, whose time constants are fixed on a logarithmic grid
between :math:`1/\omega_{max}` and :math:`1/\omega_{min}`, with a series resistance and, on request, a series capacitance
and a series inductance. Every such circuit obeys Kramers-Kronig, so what it cannot follow is noise or inconsistency.
All unknowns are linear; the fit is complex with weights 1/\|Z\|.

M grows, from one per decade at least, until the fit begins to follow the noise: positive and negative resistances then alternate, and

.. math:: \mu = 1 - \frac{\sum |R_k < 0|}{\sum |R_k \ge 0|}

falls below 0.85. Blocking cells need the series capacitance: without it, good data fail.

The answer is the list of residuals over frequency, to be compared with the noise, not a verdict.

Sources: Boukamp, J. Electrochem. Soc. 142 (1995) 1885; Schönleber, Klotz & Ivers-Tiffée, Electrochim. Acta 131 (2014) 20.
"""

from __future__ import annotations

import functools

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, ComplexArray, array_field
from pelletry.techniques.impedance.model.problem import checked_spectra

__all__ = ["KramersKronig", "linear_kramers_kronig"]

_MOST_ELEMENTS = 100
#: mu may fall once too early, by chance; it is believed when a few more elements do not make the fit clearly better.
_LOOK_AHEAD = 3
_CLEARLY_BETTER = 0.6


@attrs.frozen(kw_only=True)
class KramersKronig:
    """``residual`` is (measured - fitted)/|measured|, complex, (m,). ``worst`` is the largest part, real or imaginary.

    ``rms`` is the root mean square over all 2m parts, ``sign_changes`` the share of neighbouring residuals (in order of
    frequency, both parts) with opposite sign: about one half for noise, near zero for a systematic misfit.
    """

    rc_count: int
    mu: float
    residual: ComplexArray = array_field(dtype=np.complex128)
    fitted_ohm: ComplexArray = array_field(dtype=np.complex128, unit="ohm")
    rms: float
    worst: float
    sign_changes_fraction: float


def _fixed_columns(omega: Array, *, with_capacitance: bool, with_inductance: bool) -> list[ComplexArray]:
    columns = [np.ones(len(omega), dtype=complex)]
    if with_capacitance:
        columns.append((-1j / omega).astype(complex))
    if with_inductance:
        columns.append((1j * omega).astype(complex))
    return columns


def _real_rows(columns: ComplexArray) -> Array:
    """Complex (k, m) as real (k, 2m), real parts first."""
    result: Array = np.concatenate([columns.real, columns.imag], axis=1)
    return result


def _solution(rows: Array, data: Array) -> Array:
    """Least-squares amplitudes of rows (k, 2m), each scaled to unit length first."""
    length = np.sqrt(np.einsum("km,km->k", rows, rows))
    q, r = np.linalg.qr((rows / length[:, None]).T)
    diagonal = np.abs(np.diag(r))
    if diagonal.min() > 1e-12 * diagonal.max():
        amplitude: Array = np.linalg.solve(r, q.T @ data)
    else:
        amplitude = np.linalg.lstsq((rows / length[:, None]).T, data, rcond=1e-13)[0]
    result: Array = amplitude / length
    return result


def linear_kramers_kronig(
    frequency_Hz: npt.ArrayLike,
    impedance_ohm: npt.ArrayLike,
    *,
    mu_limit: float = 0.85,
    with_capacitance: bool = True,
    with_inductance: bool = True,
    most_elements: int | None = None,
) -> KramersKronig:
    """Test one spectrum against Kramers-Kronig.

    Parameters
    ----------
    frequency_Hz, impedance_ohm:
        The spectrum, shape (m,), in any order; at least 5 points. [Hz], [ohm]
    mu_limit:
        The number of R-C elements grows until mu falls below this.
    with_capacitance, with_inductance:
        Whether a series capacitance (blocking cells) and inductance (cables) are allowed for.
    most_elements:
        Largest number of R-C elements; 100 at most, and few enough to leave degrees of freedom.

    Raises
    ------
    MeasurementError
        When a frequency is not positive or an impedance is not finite, or there are fewer than 5 points.
    """
    frequencies, impedances, _ = checked_spectra(frequency_Hz, impedance_ohm, None)
    impedance = impedances[0]
    _require_points(len(frequencies))
    omega = 2.0 * np.pi * frequencies
    weight = 1.0 / np.abs(impedance)
    data = _real_rows((weight * impedance)[None])[0]
    fixed = np.array(
        _fixed_columns(omega, with_capacitance=with_capacitance, with_inductance=with_inductance), dtype=complex
    )
    fixed_rows = _real_rows(weight * fixed)
    most = min(most_elements or _MOST_ELEMENTS, _MOST_ELEMENTS, 2 * len(omega) - len(fixed) - 1)
    # With less than one element per decade a negative amplitude says nothing about noise.
    fewest = min(most, max(2, round(float(np.log10(omega.max() / omega.min())))))
    accepted: list[KramersKronig] = []
    for count in range(fewest, most + 1):
        if accepted and count > accepted[-1].rc_count + _LOOK_AHEAD:
            break
        elements = _elements(frequencies.tobytes(), count)
        amplitude = _solution(np.concatenate([fixed_rows, _real_rows(weight * elements)]), data)
        mu = _mu(amplitude[len(fixed) :])
        if not accepted and mu >= mu_limit and count < most:
            continue
        tested = _tested(frequencies, impedance, amplitude @ np.concatenate([fixed, elements]), count, mu)
        if accepted and tested.rms < _CLEARLY_BETTER * accepted[-1].rms:
            accepted.clear()
        if not accepted and (mu < mu_limit or count == most):
            accepted.append(tested)
    return accepted[-1]


@functools.lru_cache(maxsize=256)
def _elements(frequency_bytes: bytes, count: int) -> ComplexArray:
    """Impedances (count, m) of unit R-C elements between the ends of the window; spectra of a series share them."""
    omega = 2.0 * np.pi * np.frombuffer(frequency_bytes)
    taus = np.exp(np.linspace(-np.log(omega.max()), -np.log(omega.min()), count))
    result: ComplexArray = np.asarray(1.0 / (1.0 + 1j * omega * taus[:, None]), dtype=np.complex128)
    result.setflags(write=False)
    return result


def _mu(resistance: Array) -> float:
    positive = float(resistance[resistance >= 0.0].sum())
    return 1.0 + float(resistance[resistance < 0.0].sum()) / positive if positive > 0.0 else 0.0


def _require_points(count: int) -> None:
    from pelletry.core.errors import MeasurementError

    if count < 5:
        raise MeasurementError(f"the spectrum has {count} points", expected="at least 5 for a Kramers-Kronig test")


def _tested(frequency_Hz: Array, impedance: ComplexArray, fitted: ComplexArray, count: int, mu: float) -> KramersKronig:
    residual = (impedance - fitted) / np.abs(impedance)
    parts = np.stack([residual.real, residual.imag])
    signs = np.sign(parts[:, np.argsort(frequency_Hz)])
    return KramersKronig(
        rc_count=count,
        mu=mu,
        residual=residual,
        fitted_ohm=fitted,
        rms=float(np.sqrt(np.mean(parts**2))),
        worst=float(np.abs(parts).max()),
        sign_changes_fraction=float(np.mean(signs[:, 1:] != signs[:, :-1])),
    )
