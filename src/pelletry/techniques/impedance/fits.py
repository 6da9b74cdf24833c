"""Fits of many spectra in few calls: spectra on one list of frequencies, or on parts of one, go together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import attrs
import numpy as np
import numpy.typing as npt

from pelletry.core.arrays import Array, ComplexArray
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum
from pelletry.techniques.impedance.model.bootstrap import bootstrap_spectrum
from pelletry.techniques.impedance.model.circuit import parse_circuit
from pelletry.techniques.impedance.model.fit import fit_spectra
from pelletry.techniques.impedance.model.fit_result import CircuitFit
from pelletry.techniques.impedance.model.problem import Weighting

__all__ = ["Batch", "batches", "fit_in_batches", "fittable", "with_bootstrap"]

Mask = npt.NDArray[np.bool_]


@attrs.frozen(kw_only=True, eq=False)
class Batch:
    """Spectra ``members`` that share the list ``frequency_Hz``; ``places`` say where the points of each stand in it."""

    frequency_Hz: Array
    members: tuple[int, ...]
    places: tuple[npt.NDArray[np.intp], ...]

    def spread(self, spectra: Sequence[ImpedanceSpectrum], use: Sequence[Mask]) -> tuple[ComplexArray, Mask]:
        """Impedances and masks (n, m) on the common list; what a spectrum does not have is not used."""
        shape = (len(self.members), self.frequency_Hz.size)
        impedance = np.full(shape, np.nan + 0j)
        mask = np.zeros(shape, dtype=bool)
        for row, (member, place) in enumerate(zip(self.members, self.places, strict=True)):
            impedance[row, place] = spectra[member].impedance_ohm
            mask[row, place] = use[member]
        return impedance, mask


def batches(spectra: Sequence[ImpedanceSpectrum]) -> tuple[Batch, ...]:
    """Spectra by common frequencies; one whose list is part of a longer one joins it. Longest lists first."""
    order = sorted(range(len(spectra)), key=lambda i: (-spectra[i].points, i))
    found: list[tuple[Array, list[int], list[npt.NDArray[np.intp]]]] = []
    for i in order:
        f = spectra[i].frequency_Hz
        for frequency_Hz, members, places in found:
            place = _places_in(frequency_Hz, f)
            if place is not None:
                members.append(i)
                places.append(place)
                break
        else:
            found.append((f, [i], [np.arange(f.size)]))
    return tuple(Batch(frequency_Hz=f, members=tuple(m), places=tuple(p)) for f, m, p in found)


def _places_in(longer: Array, shorter: Array) -> npt.NDArray[np.intp] | None:
    """Where each frequency of ``shorter`` stands in ``longer``; None when one is missing or repeated."""
    if longer.size == shorter.size:
        return np.arange(longer.size) if np.array_equal(longer, shorter) else None
    if (np.diff(longer) == 0).any() or (np.diff(shorter) == 0).any():
        return None
    place = np.searchsorted(-longer, -shorter)
    if (place >= longer.size).any() or not np.array_equal(longer[np.minimum(place, longer.size - 1)], shorter):
        return None
    return place


def fittable(circuit: str, use: Mask) -> bool:
    """Whether a spectrum has more numbers than the circuit has parameters."""
    return 2 * int(use.sum()) > len(parse_circuit(circuit).parameters)


def fit_in_batches(
    spectra: Sequence[ImpedanceSpectrum],
    use: Sequence[Mask],
    circuits: Sequence[str],
    *,
    weighting: Weighting,
    intervals: Literal["auto", "covariance"] = "auto",
) -> tuple[CircuitFit | None, ...]:
    """The fit of ``circuits[i]`` to spectrum i, residuals and curve on its own frequencies; None with too few points.

    ``intervals`` as in :func:`~pelletry.techniques.impedance.model.fit.fit_spectra`.
    """
    fits: list[CircuitFit | None] = [None] * len(spectra)
    for circuit in dict.fromkeys(circuits):
        chosen = [i for i, text in enumerate(circuits) if text == circuit and fittable(circuit, use[i])]
        part = [spectra[i] for i in chosen]
        for batch in batches(part):
            impedance, mask = batch.spread(part, [use[i] for i in chosen])
            found = fit_spectra(
                circuit, batch.frequency_Hz, impedance, weighting=weighting, use=mask, intervals=intervals
            )
            for member, place, fit in zip(batch.members, batch.places, found, strict=True):
                fits[chosen[member]] = _on_own_points(fit, place)
    return tuple(fits)


def _on_own_points(fit: CircuitFit, place: npt.NDArray[np.intp]) -> CircuitFit:
    if place.size == fit.frequency_Hz.size:
        return fit
    return attrs.evolve(
        fit,
        frequency_Hz=fit.frequency_Hz[place],
        impedance_ohm=fit.impedance_ohm[place],
        fitted_ohm=fit.fitted_ohm[place],
        residuals=fit.residuals[place],
        weight=fit.weight.reshape(-1, 2)[place].ravel(),
    )


def with_bootstrap(fit: CircuitFit, draws: int) -> CircuitFit:
    """The fit with 95 % intervals from residual bootstrap in place of those of the covariance; the seed is fixed."""
    found = bootstrap_spectrum(fit, draws)
    intervals = np.array([found.interval(name) for name in fit.names])
    total = fit.resistance_total
    if total is not None:
        method = f"sum of resistances of the circuit fit {fit.circuit_text}, bootstrap interval of {draws} draws"
        total = attrs.evolve(total, interval_95=found.interval("R_total"), method=method)
    methods = tuple("bootstrap" if i < len(fit.names) else m for i, m in enumerate(fit.interval_methods))
    return attrs.evolve(fit, interval_95=intervals, resistance_total=total, interval_methods=methods)
