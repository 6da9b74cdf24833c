"""What the files of a sample hold, told from their beginning alone: enough to know which numbers to expect of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pelletry.study.spec import Study

__all__ = ["kinds_of_files"]

#: Formats that hold one technique only. A format that is not here may hold anything.
_OF_FORMAT: dict[str, str] = {
    **dict.fromkeys(
        ("xrdml", "philips-udf", "bruker-raw1", "bruker-raw2", "bruker-raw1.01", "bruker-raw4", "bruker-brml", "rigaku-ras",
         "rigaku-rasx", "gsas-data", "pdcif", "bruker-eva-xy", "bruker-uxd", "sietronics-cpi", "powder-xy", "powder-dat"),
        "diffraction",
    ),
    **dict.fromkeys(("vamas", "thermo-vgd", "avantage", "specs-xml"), "xps"),
    **dict.fromkeys(("bruker-spx", "esprit-text", "emsa"), "edx"),
    **dict.fromkeys(("tiff", "picture"), "microscopy"),
    **dict.fromkeys(("mastersizer", "mastersizer-xlsx"), "granulometry"),
    "baehr-text": "dilatometry",
    **dict.fromkeys(
        ("neware-nda", "neware-ndax", "neware-csv", "landt-csv", "maccor-text", "maccor-xlsx", "arbin-csv", "arbin-xlsx",
         "arbin-res", "novonix-csv", "basytec-text", "bdf-csv"),
        "cycling",
    ),
}  # fmt: skip


def kinds_of_files(study: Study, sample: str) -> frozenset[str] | None:
    """The techniques of a sample's files, or None when it has none or one of them could hold anything."""
    files = [file for file in study.files_of(sample) if not file.is_shared]
    found = {file.technique or ("edx" if file.is_map else _kind(study, file.path)) for file in files}
    return None if not files or "" in found else frozenset(found)


def _kind(study: Study, path: str) -> str:
    from pelletry.formats.rawfile import RawFile
    from pelletry.formats.registry import formats_for

    try:
        raw = RawFile.open(study.folder / path, root=study.folder)
        claims = [one.name for one in formats_for(raw) if not one.is_fallback and one.can_read(raw)]
    except Exception:  # whatever is in a file, the run will say it in its own words
        return ""
    return _OF_FORMAT.get(claims[0], "") if len(claims) == 1 else ""
