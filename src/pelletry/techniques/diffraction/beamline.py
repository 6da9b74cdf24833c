"""Radiation and instrument of a scan: what the settings say goes before what the file says, and nothing is assumed in silence.

A file names a line by printing its wavelength: 1.5406, 1.54056, 1.540598 and 1.5405929 angstrom are all Cu K-alpha1. The
value used is that of Hölzer et al. (1997), so that cells from different programs' files can be compared; where the file's own
value differs by more than 10 ppm, it is said.
"""

from __future__ import annotations

import re

import attrs

from pelletry.core.errors import MissingFactError, quoted
from pelletry.core.finding import Finding
from pelletry.core.provenance import FactUse
from pelletry.techniques.diffraction.measurement import DiffractionScan
from pelletry.techniques.diffraction.model.beam_path import BeamPath
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.radiation import KBETA_ANGSTROM, Line, Radiation, radiation_of
from pelletry.techniques.diffraction.settings import DiffractionSettings

__all__ = ["Beamline", "beamline_of"]

#: A printed wavelength is that of a line when it lies this close: 1.5406 is 5 ppm from Cu K-alpha1, 1.54184 is 808 ppm away.
_SAME_LINE_PPM = 60.0
_WORTH_SAYING_PPM = 10.0
_SETTING = re.compile(r"([A-Z][a-z]?)\s*-?\s*K?[-\s]?(?:a|alpha|α)\s*(1|1\s*\+?\s*2|)\s*\Z", re.IGNORECASE)
_WAVELENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(?:angstrom|Å|A)?\s*\Z")


@attrs.frozen(kw_only=True)
class Beamline:
    """The instrument, what went into it, and what must be said of it."""

    instrument: Instrument
    facts: tuple[FactUse, ...] = ()
    findings: tuple[Finding, ...] = ()


def beamline_of(
    scan: DiffractionScan, settings: DiffractionSettings, *, sample: str, profile: Instrument | None = None
) -> Beamline:
    """Radiation, radius and profile of a scan. ``profile`` is the instrument that a standard gave.

    Raises
    ------
    MissingFactError
        When neither the file nor the settings say what the radiation is; names what to write.
    """
    radius = settings.goniometer_radius_m or scan.stated.radius_m
    path = _path(scan, settings, radius, profile)
    said = _Said(sample=sample, scan=scan, has_line_shapes=path is not None)
    radiation = _radiation(said, settings)
    if radius is None and settings.refine_displacement:
        said.findings.append(
            _finding(
                "radius-missing",
                "info",
                f"{scan.name}: the radius of the goniometer is not stated, so the displacement is given for one of 200 mm; the cell does "
                "not depend on it. Write goniometer_radius_m to have it right.",
                said.sample,
            )
        )
    if path is not None:
        said.fact("beam path", _path_words(path), path.source)
    instrument = Instrument(radiation=radiation, radius_m=radius, beam_path=path)
    if profile is not None:
        said.fact("instrument profile", _words(profile), profile.source)
        instrument = attrs.evolve(profile, radiation=radiation, radius_m=radius, beam_path=path, is_frozen=True)
    else:
        said.findings.append(
            _finding(
                "profile-not-calibrated",
                "notice",
                f"{scan.name}: no standard gave the instrument's profile and zero: widths are those of instrument and sample together, the "
                "zero is taken as 0, and cells can be off by 100 ppm. Add a scan of LaB6, Si or corundum with the role standard.",
                said.sample,
            )
        )
    return Beamline(instrument=instrument, facts=tuple(said.facts), findings=tuple(said.findings))


def _path(
    scan: DiffractionScan, settings: DiffractionSettings, radius_m: float | None, profile: Instrument | None
) -> BeamPath | None:
    """The path that the profile was found with, else that of the settings, else of the file; None: one-sided divergence, sharp lines."""
    if profile is not None and profile.beam_path is not None:
        return profile.beam_path
    if settings.beam_path is None:
        return scan.stated.path if profile is None else None
    if radius_m is None:
        raise MissingFactError(
            "a beam path needs the radius of the goniometer",
            where=scan.origin.path,
            do="write goniometer_radius_m under [diffraction]",
        )
    return BeamPath(radius_m=radius_m, source="settings", **settings.beam_path.model_dump())


def _path_words(path: BeamPath) -> str:
    lengths = {"source": path.source_length_m, "sample": path.sample_length_m, "slit": path.slit_length_m}
    words = [f"{name} {1e3 * length:g} mm" for name, length in lengths.items() if length is not None]
    if path.slit_length_m is None:
        words.append("slit not stated, as long as the sample")
    openings = {
        "Soller before": path.soller_incident_deg, "Soller after": path.soller_diffracted_deg, "divergence": path.divergence_deg,
    }  # fmt: skip
    words += [f"{name} {opening:g}°" for name, opening in openings.items() if opening is not None]
    return ", ".join(words)


def _words(profile: Instrument) -> str:
    numbers = {key: getattr(profile, key) for key in ("U", "V", "W", "X", "Y")}
    numbers["S/L"], numbers["zero (deg)"] = profile.axial_divergence, profile.zero_deg
    return ", ".join(f"{key} {value:.5g}" for key, value in numbers.items())


class _Said:
    """Collects what is said on the way."""

    def __init__(self, *, sample: str, scan: DiffractionScan, has_line_shapes: bool) -> None:
        self.sample, self.scan, self.has_line_shapes = sample, scan, has_line_shapes
        self.facts: list[FactUse] = []
        self.findings: list[Finding] = []

    def fact(self, name: str, value: str, given_by: str) -> None:
        self.facts.append(FactUse(name=name, value=value, given_by=given_by))


def _finding(code: str, severity: str, sentence: str, sample: str) -> Finding:
    return Finding(code=code, severity=severity, sentence=sentence, samples=(sample,))


def _radiation(said: _Said, settings: DiffractionSettings) -> Radiation:
    stated = said.scan.stated
    angle = _monochromator(said, settings)
    if settings.radiation:
        radiation = _of_setting(said, settings, angle)
        said.fact("radiation", _of(radiation), "settings")
        _contradiction(said, radiation)
        return radiation
    if not stated.has_wavelength:
        hint = f"; its anode is {stated.anode}" if stated.anode else ""
        raise MissingFactError(
            f"the file does not say the wavelength{hint}",
            where=said.scan.origin.path,
            expected="the radiation",
            do=f"write radiation = '{stated.anode or 'Cu'} Ka' under [diffraction] if that is what was used",
        )
    ratio = settings.alpha2_ratio if settings.alpha2_ratio is not None else stated.alpha2_ratio
    printed = stated.alpha1_angstrom or stated.other_wavelength_angstrom or 0.0
    radiation = _of_printed(said, printed, ratio, angle)
    said.fact("radiation", _of(radiation), f"{said.scan.origin.path}, printed {printed:.7g} Å")
    return radiation


def _monochromator(said: _Said, settings: DiffractionSettings) -> float | None:
    """2theta of the monochromator; None: none."""
    if settings.monochromator_two_theta_deg is not None:
        said.fact("monochromator 2θ", f"{settings.monochromator_two_theta_deg:g}°", "settings")
        return settings.monochromator_two_theta_deg or None
    stated = said.scan.stated
    if stated.monochromator_two_theta_deg is not None:
        said.fact(
            "monochromator 2θ", f"{stated.monochromator_two_theta_deg:.4g}°", f"file: {quoted(stated.monochromator)}"
        )
        return stated.monochromator_two_theta_deg
    if stated.monochromator:
        said.findings.append(
            _finding(
                "monochromator-not-understood",
                "notice",
                f"{said.scan.name}: a monochromator is named ({quoted(stated.monochromator)}) and its angle is not known: polarisation as "
                "without one. Write monochromator_two_theta_deg.",
                said.sample,
            )
        )
    elif not stated.beta_filter:
        said.findings.append(
            _finding(
                "monochromator-not-stated",
                "info",
                f"{said.scan.name}: the file names no monochromator: polarisation as without one. If there is one, write "
                "monochromator_two_theta_deg (graphite for Cu: 26.6); weight fractions move by about a percent of their value.",
                said.sample,
            )
        )
    return None


def _of_setting(said: _Said, settings: DiffractionSettings, angle: float | None) -> Radiation:
    text = settings.radiation.strip()
    ratio = 0.5 if settings.alpha2_ratio is None else settings.alpha2_ratio
    number = _WAVELENGTH.match(text)
    if number is not None:
        line = Line(name="λ", wavelength_angstrom=float(number[1]), weight=1.0)
        return Radiation(name=f"{number[1]} Å", lines=(line,), monochromator_two_theta_deg=angle, source="settings")
    named = _SETTING.match(text)
    anode = named[1].capitalize() if named is not None else ""
    if named is None or anode not in KBETA_ANGSTROM:
        raise MissingFactError(
            f"the radiation {quoted(settings.radiation)} is not known",
            where="radiation under [diffraction]",
            expected=f"{', '.join(f'{name} Ka' for name in KBETA_ANGSTROM)}, one of these with Ka1, or a wavelength such as '1.5406 angstrom'",
        )
    return radiation_of(
        anode,
        ratio=ratio,
        is_ka1_only=named[2] == "1",
        has_line_shapes=said.has_line_shapes,
        monochromator_two_theta_deg=angle,
        source="settings; Hoelzer1997",
    )


def _anode_of(wavelength_angstrom: float) -> str | None:
    for anode in KBETA_ANGSTROM:
        alpha1 = radiation_of(anode).lines[0].wavelength_angstrom
        if abs(wavelength_angstrom / alpha1 - 1) * 1e6 < _SAME_LINE_PPM:
            return anode
    return None


def _of_printed(said: _Said, printed: float, ratio: float | None, angle: float | None) -> Radiation:
    stated = said.scan.stated
    anode = _anode_of(printed)
    if anode is None:
        lines: tuple[Line, ...] = (Line(name="λ", wavelength_angstrom=printed, weight=1.0),)
        if stated.alpha1_angstrom is not None and stated.alpha2_angstrom is not None and ratio:
            lines = (*lines, Line(name="λ2", wavelength_angstrom=stated.alpha2_angstrom, weight=ratio))
        said.findings.append(
            _finding(
                "wavelength-of-no-tube",
                "notice",
                f"{said.scan.name}: {printed:.6g} Å is no K-alpha1 line of a tube; it is taken as it stands. A mean of K-alpha1 and 2 "
                "(1.5418 Å for Cu) would move the cell by 0.08 %: write radiation = 'Cu Ka' if that is meant.",
                said.sample,
            )
        )
        return Radiation(name=f"{printed:.6g} Å", lines=lines, monochromator_two_theta_deg=angle, source="the file")
    if ratio is None and stated.alpha2_angstrom is None:
        said.findings.append(
            _finding(
                "alpha2-not-stated",
                "notice",
                f"{said.scan.name}: the file prints K-alpha1 only and does not say whether K-alpha2 was taken away: both lines are taken, "
                "2:1. Write radiation = 'Cu Ka1' if a monochromator took it.",
                said.sample,
            )
        )
    elif ratio is None:
        said.findings.append(
            _finding(
                "alpha2-ratio-not-stated",
                "info",
                f"{said.scan.name}: the file prints K-alpha1 and K-alpha2 and no ratio: 0.5 is taken.",
                said.sample,
            )
        )
    used = 0.5 if ratio is None else ratio
    source = "line named by the file; Hoelzer1997"
    radiation = radiation_of(
        anode, ratio=used, is_ka1_only=used == 0, has_line_shapes=said.has_line_shapes, monochromator_two_theta_deg=angle,
        source=source,
    )  # fmt: skip
    used_angstrom = radiation_of(anode).lines[0].wavelength_angstrom
    off_ppm = (printed / used_angstrom - 1) * 1e6
    if abs(off_ppm) > _WORTH_SAYING_PPM:
        said.findings.append(
            _finding(
                "wavelength-replaced",
                "info",
                f"{said.scan.name}: the file prints {printed:.7g} Å for {anode} K-alpha1; {used_angstrom:.7g} Å is "
                f"used, {-off_ppm:+.0f} ppm, and cells move alike.",
                said.sample,
            )
        )
    return radiation


def _contradiction(said: _Said, radiation: Radiation) -> None:
    stated = said.scan.stated
    printed = stated.alpha1_angstrom or stated.other_wavelength_angstrom
    used = radiation.lines[0].wavelength_angstrom
    if printed is not None and abs(printed / used - 1) > 5e-3:
        said.findings.append(
            _finding(
                "radiation-contradicts-file",
                "warning",
                f"{said.scan.name}: the settings say {radiation.name} ({used:.5g} Å) and the file prints {printed:.5g} Å: one of them is wrong, "
                "and the cell with it.",
                said.sample,
            )
        )


def _of(radiation: Radiation) -> str:
    return f"{radiation.name}: " + ", ".join(f"{x.wavelength_angstrom:.7g} Å × {x.weight:g}" for x in radiation.lines)
