r"""Instrument files of other programs, where they are plain text: GSAS ``.prm``, GSAS-II ``.instprm``, FullProf ``.irf``.

What the numbers mean in each program, and here (FWHM in degrees):

========  ==========================================================================================================
GSAS      GU, GV, GW: variance in centidegrees²; LX (1/cos), LY (tan): FWHM in centidegrees; zero in centidegrees;
          profile function 2 lists GU GV GW LX LY, functions 3 to 5 list GU GV GW GP LX LY S/L H/L
GSAS-II   U, V, W: variance in centidegrees²; X (1/cos), Y (tan): FWHM in centidegrees; ``SH/L`` is S/L + H/L; Zero in
          degrees
FullProf  U, V, W: FWHM² in degrees²; **X stands before tan and Y before 1/cos**, the other way round; S_L and D_L
========  ==========================================================================================================

FWHM² = 8 ln 2 times the variance. A tabulated FullProf resolution file (angle, HG, HL) is refused: it holds no U, V, W.
"""

from __future__ import annotations

import math
import re

import attrs

from pelletry.core.errors import BrokenFileError
from pelletry.techniques.diffraction.model.instrument import Instrument
from pelletry.techniques.diffraction.model.radiation import Radiation

__all__ = ["InstrumentFile", "instprm_text", "read_instrument_file"]

_VARIANCE_TO_FWHM2 = 8.0 * math.log(2.0)
_CENTI = 1e-2
_FLOAT = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][-+]?\d+)?")


@attrs.frozen(kw_only=True)
class InstrumentFile:
    """What a file says of an instrument, in the house's units (see ``Instrument``); None: it does not say."""

    program: str
    U: float
    V: float
    W: float
    X: float
    Y: float
    axial_divergence: float
    zero_deg: float
    alpha1_angstrom: float | None = None
    alpha2_angstrom: float | None = None
    alpha2_ratio: float | None = None
    notes: tuple[str, ...] = ()

    def instrument(self, radiation: Radiation, *, source: str, radius_m: float | None = None) -> Instrument:
        """The instrument with this profile, held."""
        return Instrument(
            radiation=radiation, radius_m=radius_m, U=self.U, V=self.V, W=self.W, X=self.X, Y=self.Y,
            axial_divergence=min(0.2, max(0.0, self.axial_divergence)), zero_deg=self.zero_deg, is_frozen=True, source=source,
        )  # fmt: skip


def read_instrument_file(text: str, *, where: str = "") -> InstrumentFile:
    """One of the three kinds, told apart by their words.

    Raises
    ------
    BrokenFileError
        When it is none of them, or lacks its widths.
    """
    if re.search(r"^INS\s", text, re.MULTILINE):
        return _gsas(text, where)
    if re.search(r"^Type\s*:\s*P", text, re.MULTILINE):
        return _gsas2(text, where)
    if re.search(r"\b(?:NPROF|JOBT|IRF|Res\s*=|WAVE)\b", text, re.IGNORECASE) or text.lstrip().startswith("!"):
        return _fullprof(text, where)
    raise BrokenFileError(
        "the file is no instrument file of GSAS, GSAS-II or FullProf", where=where, expected=".prm, .instprm or .irf",
        do="write the profile under [diffraction.instrument] instead",
    )  # fmt: skip


def _numbers(text: str) -> list[float]:
    return [float(found.replace("D", "e").replace("d", "e")) for found in _FLOAT.findall(text)]


def _gsas(text: str, where: str) -> InstrumentFile:
    lines = dict(re.findall(r"^INS\s+(?:\d\s?)?(\S+(?: \d)?)\s+(.*?)\s*$", text, re.MULTILINE))
    constants = _numbers(lines.get("ICONS", ""))
    head = _numbers(lines.get("PRCF1", ""))
    values = [x for key in ("PRCF11", "PRCF12", "PRCF13") for x in _numbers(lines.get(key, ""))]
    if len(head) < 2 or len(values) < 5 or not constants:
        raise BrokenFileError(
            "no ICONS or PRCF1 in the GSAS instrument file", where=where, expected="a constant-wavelength file"
        )
    kind, notes = int(head[0]), []
    if kind == 2:
        gu, gv, gw, lx, ly = values[:5]
        axial = 0.0
        notes.append("profile function 2 has another asymmetry; S/L is taken as 0")
    elif kind in (3, 4, 5) and len(values) >= 8:
        gu, gv, gw, gp, lx, ly, s, h = values[:8]
        axial = (s + h) / 2
        if gp:
            notes.append(f"GP = {gp:g} (Gaussian size) is not taken")
        if abs(s - h) > 1e-3:
            notes.append(f"S/L {s:g} and H/L {h:g} are taken as their mean")
    else:
        raise BrokenFileError(f"the GSAS profile function {kind} is not known", where=where, expected="2 to 5")
    if len(constants) > 4 and constants[4]:
        notes.append(f"POLA = {constants[4]:g} is not taken; write monochromator_two_theta_deg")
    return InstrumentFile(
        program="GSAS", U=gu * _CENTI**2 * _VARIANCE_TO_FWHM2, V=gv * _CENTI**2 * _VARIANCE_TO_FWHM2,
        W=gw * _CENTI**2 * _VARIANCE_TO_FWHM2, X=lx * _CENTI, Y=ly * _CENTI, axial_divergence=axial,
        zero_deg=(constants[2] if len(constants) > 2 else 0.0) * _CENTI, alpha1_angstrom=constants[0] or None,
        alpha2_angstrom=(constants[1] or None) if len(constants) > 1 else None,
        alpha2_ratio=constants[6] if len(constants) > 6 else None, notes=tuple(notes),
    )  # fmt: skip


def _gsas2(text: str, where: str) -> InstrumentFile:
    values: dict[str, float] = {}
    for line in text.splitlines():
        key, colon, rest = line.partition(":")
        number = _FLOAT.match(rest.strip())
        if colon and number is not None and not line.startswith("#"):
            values.setdefault(key.strip(), float(number.group()))
    missing = [key for key in ("U", "V", "W", "X", "Y") if key not in values]
    if missing:
        raise BrokenFileError(
            f"{', '.join(missing)} missing in the GSAS-II instrument file",
            where=where,
            expected="a constant-wavelength X-ray file",
        )
    factor = _CENTI**2 * _VARIANCE_TO_FWHM2
    notes = (f"Z = {values['Z']:g} is not taken",) if values.get("Z") else ()
    return InstrumentFile(
        program="GSAS-II", U=values["U"] * factor, V=values["V"] * factor, W=values["W"] * factor,
        X=values["X"] * _CENTI, Y=values["Y"] * _CENTI, axial_divergence=values.get("SH/L", 0.0) / 2,
        zero_deg=values.get("Zero", 0.0), alpha1_angstrom=values.get("Lam1") or values.get("Lam"),
        alpha2_angstrom=values.get("Lam2"), alpha2_ratio=values.get("I(L2)/I(L1)"), notes=notes,
    )  # fmt: skip


def _fullprof(text: str, where: str) -> InstrumentFile:
    rows = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("!")]
    words = {row.split()[0].upper(): _numbers(" ".join(row.split()[1:])) for row in rows if row.split()[0].isalpha()}
    bare = [_numbers(row) for row in rows if re.fullmatch(r"[\s\d.eEdD+\-]+", row)]
    profile = words.get("UVWX") or next((row for row in bare if len(row) >= 6), None)
    if profile is None:
        raise BrokenFileError(
            "the FullProf resolution file is a table of widths and holds no U, V, W", where=where,
            expected="a file of resolution type 1 to 3", do="write the profile under [diffraction.instrument] instead",
        )  # fmt: skip
    u, v, w, x_tan, y_cos, z = (*profile, 0.0)[:6]
    wave, asymmetry = words.get("WAVE", []), words.get("ASYM", profile[6:8])
    return InstrumentFile(
        program="FullProf", U=u, V=v, W=w, X=y_cos, Y=x_tan,
        axial_divergence=sum(asymmetry) / len(asymmetry) if asymmetry else 0.0, zero_deg=0.0,
        alpha1_angstrom=wave[0] if wave else None, alpha2_angstrom=wave[1] if len(wave) > 1 else None,
        alpha2_ratio=wave[2] if len(wave) > 2 else None, notes=(f"Z = {z:g} is not taken",) if z else (),
    )  # fmt: skip


def instprm_text(instrument: Instrument, *, comment: str = "") -> str:
    """A GSAS-II instrument file of the profile; the polarisation is 1/(1 + A)."""
    lines = instrument.radiation.sharp_lines
    factor = 1.0 / (_CENTI**2 * _VARIANCE_TO_FWHM2)
    waves = (
        [f"Lam:{lines[0].wavelength_angstrom:.7f}"]
        if len(lines) == 1
        else [
            f"Lam1:{lines[0].wavelength_angstrom:.7f}",
            f"Lam2:{lines[1].wavelength_angstrom:.7f}",
            f"I(L2)/I(L1):{lines[1].weight / lines[0].weight:.6g}",
        ]
    )
    rows = [
        f"#GSAS-II instrument parameter file{'; ' + comment if comment else ''}",
        "Type:PXC", "Bank:1.0", *waves, f"Zero:{instrument.zero_deg:.7g}",
        f"Polariz.:{1.0 / (1.0 + instrument.radiation.polarisation):.6f}", f"U:{instrument.U * factor:.8g}",
        f"V:{instrument.V * factor:.8g}", f"W:{instrument.W * factor:.8g}", f"X:{instrument.X / _CENTI:.8g}",
        f"Y:{instrument.Y / _CENTI:.8g}", "Z:0.0", f"SH/L:{2 * instrument.axial_divergence:.7g}", "Azimuth:0.0",
    ]  # fmt: skip
    return "\n".join(rows) + "\n"
