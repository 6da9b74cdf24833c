"""Spectra of the shorted and of the open holder (roles ``short`` and ``open`` in files.csv) and what they take off the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
import numpy as np

from pelletry.core.errors import MeasurementError
from pelletry.core.finding import Finding
from pelletry.core.provenance import Origin
from pelletry.techniques.impedance.measurement import ImpedanceSpectrum
from pelletry.techniques.impedance.model.rig import reading_at, without_rig
from pelletry.techniques.impedance.read import FEWEST_POINTS
from pelletry.techniques.impedance.words import frequency_text

__all__ = ["OPEN", "SHORT", "Corrected", "without_the_rig"]

SHORT, OPEN = "short", "open"
#: Frequencies of two instruments' files agree to this share; beyond the range of a reading nothing is known of the holder.
_EDGE = 1e-3
#: A sample whose reading is nearer to that of the open or shorted holder than this share is not measured there.
_LEAST_SHARE = 0.02


@attrs.frozen(kw_only=True)
class Corrected:
    """The spectra of the sample, findings on what was taken off, and the files of the holder that were used."""

    spectra: tuple[ImpedanceSpectrum, ...]
    findings: tuple[Finding, ...] = ()
    origins: tuple[Origin, ...] = ()
    sentence: str = ""


def without_the_rig(spectra: Sequence[ImpedanceSpectrum], sample: str) -> Corrected:
    """Spectra without those of the holder, and without what the holder adds to them.

    Of several readings of the holder the one nearest in temperature counts. A spectrum that goes beyond the range of a reading
    stays as it was measured, with a warning: half a correction would leave a step in it.

    Raises
    ------
    MeasurementError
        When there is nothing but the holder.
    """
    own = [s for s in spectra if s.role not in (SHORT, OPEN)]
    rig = [s for s in spectra if s.role in (SHORT, OPEN)]
    if not rig:
        return Corrected(spectra=tuple(own))
    if not own:
        raise MeasurementError(
            f"{sample} has spectra of the shorted or open holder only",
            where=rig[0].origin.path,
            do="name the spectra of the sample as well, or give these files to the sample '*' in files.csv",
        )
    made: list[ImpedanceSpectrum] = []
    findings: list[Finding] = []
    used: dict[tuple[str, int], ImpedanceSpectrum] = {}
    for spectrum in own:
        found = _Taken.of(spectrum, rig)
        findings.extend(found.findings(sample))
        if found.spectrum.points < FEWEST_POINTS:
            continue
        made.append(found.spectrum)
        used.update({(r.origin.path, r.origin.record): r for r in found.readings if not found.beyond})
    if not made:
        raise MeasurementError(
            f"all spectra of {sample} read as the shorted or open holder does",
            where=own[0].origin.path,
            do="look at the contacts, and whether files.csv gives the roles short and open to the right files",
        )
    roles = sorted({r.role for r in used.values()}, reverse=True)
    names = " and ".join(
        f"{role} ({', '.join(r.origin.path for r in used.values() if r.role == role)})" for role in roles
    )
    sentence = f"What cables and holder add was taken off with readings of the holder {names}." if used else ""
    return Corrected(
        spectra=tuple(made), findings=tuple(findings), origins=tuple(r.origin for r in used.values()), sentence=sentence
    )


@attrs.frozen(kw_only=True)
class _Taken:
    """One spectrum after the correction; ``beyond`` names the readings that do not reach as far as it does."""

    spectrum: ImpedanceSpectrum
    readings: tuple[ImpedanceSpectrum, ...]
    beyond: tuple[ImpedanceSpectrum, ...] = ()
    largest_share: float = 0.0
    largest_at_Hz: float = 0.0
    lost: int = 0

    @classmethod
    def of(cls, spectrum: ImpedanceSpectrum, rig: Sequence[ImpedanceSpectrum]) -> _Taken:
        short, open_ = (_nearest(spectrum, [r for r in rig if r.role == role]) for role in (SHORT, OPEN))
        readings = tuple(r for r in (short, open_) if r is not None)
        f, z = spectrum.frequency_Hz, spectrum.impedance_ohm
        beyond = tuple(r for r in readings if not _reaches(r, spectrum))
        if beyond:
            return cls(spectrum=spectrum, readings=readings, beyond=beyond)
        at_short = None if short is None else reading_at(f, short.frequency_Hz, short.impedance_ohm)
        at_open = None if open_ is None else 1.0 / reading_at(f, open_.frequency_Hz, 1.0 / open_.impedance_ohm)
        own = without_rig(z, at_short, at_open)
        good = np.isfinite(own)
        for reading in (at_short, at_open):
            if reading is not None:
                good &= np.abs(z - reading) > _LEAST_SHARE * np.minimum(np.abs(z), np.abs(reading))
        share = np.abs(own - z)[good] / np.abs(z)[good]
        worst = int(np.argmax(share)) if share.size else 0
        corrected = attrs.evolve(
            spectrum, frequency_Hz=f[good], impedance_ohm=own[good], file_row=spectrum.file_row[good]
        )
        return cls(
            spectrum=corrected,
            readings=readings,
            largest_share=float(share[worst]) if share.size else 0.0,
            largest_at_Hz=float(f[good][worst]) if share.size else 0.0,
            lost=int((~good).sum()),
        )

    def findings(self, sample: str) -> Iterator[Finding]:
        path = self.spectrum.origin.path
        for reading in self.beyond:
            yield _finding(
                "rig-range",
                "warning",
                f"{path} goes from {_range(self.spectrum)}, the holder's {reading.role} reading {reading.origin.path} from {_range(reading)}: "
                "nothing was taken off. Measure the holder over the whole range.",
                sample,
            )
        if self.beyond:
            return
        roles = " and ".join(r.role for r in self.readings)
        yield _finding(
            "rig-taken-off",
            "notice",
            f"{path}: what the holder adds was taken off with its {roles} reading; |Z| moved by up to {100 * self.largest_share:.2g} % "
            f"(at {frequency_text(self.largest_at_Hz)}).",
            sample,
        )
        if self.lost:
            yield _finding(
                "rig-not-told-apart",
                "warning",
                f"{path}: {self.lost} {'point reads' if self.lost == 1 else 'points read'} within {100 * _LEAST_SHARE:.0f} % of the shorted or "
                "open holder and say nothing of the sample: left out.",
                sample,
            )


def _nearest(spectrum: ImpedanceSpectrum, readings: Sequence[ImpedanceSpectrum]) -> ImpedanceSpectrum | None:
    """The reading nearest in temperature; one without a temperature comes last, of equals the first."""
    here = spectrum.temperature_K

    def distance(reading: ImpedanceSpectrum) -> float:
        if here is None or reading.temperature_K is None:
            return float("inf")
        return abs(reading.temperature_K - here)

    return min(readings, key=distance, default=None)


def _reaches(reading: ImpedanceSpectrum, spectrum: ImpedanceSpectrum) -> bool:
    low, high = reading.frequency_Hz.min() * (1 - _EDGE), reading.frequency_Hz.max() * (1 + _EDGE)
    return bool(low <= spectrum.frequency_Hz.min() and spectrum.frequency_Hz.max() <= high)


def _range(spectrum: ImpedanceSpectrum) -> str:
    return (
        f"{frequency_text(float(spectrum.frequency_Hz.min()))} to {frequency_text(float(spectrum.frequency_Hz.max()))}"
    )


def _finding(code: str, severity: str, sentence: str, sample: str) -> Finding:
    return Finding(code=code, severity=severity, sentence=sentence, samples=(sample,))
