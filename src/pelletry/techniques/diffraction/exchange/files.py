"""All exports of a result by the name of the program."""

from __future__ import annotations

from pelletry.core.errors import MissingFactError, PelletryError
from pelletry.techniques.diffraction.exchange.bgmn import bgmn_files
from pelletry.techniques.diffraction.exchange.cif import cif_text, pdcif_text
from pelletry.techniques.diffraction.exchange.fullprof import fullprof_files
from pelletry.techniques.diffraction.exchange.gsas2 import gsas2_files
from pelletry.techniques.diffraction.exchange.instrument_files import instprm_text
from pelletry.techniques.diffraction.exchange.model import refinement_of, safe_names
from pelletry.techniques.diffraction.exchange.topas import topas_files
from pelletry.techniques.diffraction.result import DiffractionResult

__all__ = ["EXCHANGES", "exchange_files"]

#: What a model can be written as.
EXCHANGES = {
    "cif": "a CIF of each refined structure, and pdCIF of the pattern with its calculated curve",
    "gsas2": "GSAS-II: instrument file, data, CIFs and a script",
    "fullprof": "FullProf: .pcr and data",
    "topas": "TOPAS: .inp and data",
    "bgmn": "BGMN: .sav, data and a .str of each structure",
}


def exchange_files(result: DiffractionResult, program: str) -> dict[str, str]:
    """``{file name: text}`` of the pattern that stands for the sample, for one of :data:`EXCHANGES`.

    Raises
    ------
    PelletryError
        When the program is not known.
    MissingFactError
        When no scan was refined.
    """
    if program not in EXCHANGES:
        raise PelletryError(f"there is no export {program!r}", expected=" or ".join(EXCHANGES))
    pattern = result.reference_pattern
    if pattern is None:
        raise MissingFactError("no scan was refined", where=result.sample, do="see its findings")
    base = safe_names([result.sample])[0]
    if program != "cif":
        writer = {"gsas2": gsas2_files, "fullprof": fullprof_files, "topas": topas_files, "bgmn": bgmn_files}[program]
        return writer(pattern, base=base, is_simulated=result.is_simulated)
    refinement = refinement_of(pattern)
    names = safe_names(phase.name for phase in refinement.phases)
    note = "simulated data" if result.is_simulated else ""
    return {
        f"{base}_pd.cif": pdcif_text(pattern, sample=result.sample, is_simulated=result.is_simulated),
        f"{base}.instprm": instprm_text(refinement.instrument),
        **{
            f"{base}_{name}.cif": cif_text(phase, refinement, name=f"{base}_{name}", comment=note)
            for phase, name in zip(refinement.phases, names, strict=True)
        },
    }
