"""The formats this version reads: what a format is, and the list of all of them.

A format is one module in this room with a constant ``FORMAT`` (or ``FORMATS``). Other packages add theirs through the entry
point group ``pelletry.formats``; each entry names a :class:`Format`.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Sequence

import attrs

from pelletry.core.record import Record
from pelletry.formats.rawfile import RawFile

__all__ = ["ENTRY_POINTS", "Format", "formats"]

ENTRY_POINTS = "pelletry.formats"


@attrs.frozen(kw_only=True)
class Format:
    """One vendor format.

    ``can_read`` answers from the content (``raw.head``, ``raw.head_text``), never from the name, and is cheap. ``read`` gives
    the records in the order of the file, or raises a FormatError that names file and line or offset. ``extensions`` are
    used in messages only. A format with ``is_fallback`` is asked only when no other claims the file (plain tables).
    ``technique`` is told of a file that is refused by its reader (a cycler's database without the program that reads it).
    """

    name: str
    title: str
    extensions: tuple[str, ...]
    can_read: Callable[[RawFile], bool]
    read: Callable[[RawFile], Sequence[Record]]
    is_fallback: bool = False
    technique: str = ""


_MODULES: tuple[str, ...] = (
    "biologic_mpr",
    "biologic_mpt",
    "biologic_files",
    "zplot",
    "gamry",
    "novocontrol",
    "ametek",
    "ivium",
    "palmsens",
    "autolab",
    "small_texts",
    "mastersizer",
    "netzsch_text",
    "netzsch_binary",
    "setaram",
    "mettler",
    "baehr",
    "ta_text",
    "perkinelmer",
    "quadstar",
    "neware",
    "neware_csv",
    "landt_csv",
    "maccor",
    "arbin",
    "arbin_res",
    "novonix",
    "basytec",
    "bdf_csv",
    "bruker_spx",
    "esprit_text",
    "emsa",
    "sem_tiff",
    "pictures",
    "vamas",
    "xrdml",
    "philips_udf",
    "bruker_raw",
    "bruker_raw4",
    "brml",
    "rigaku_ras",
    "rigaku_rasx",
    "gsas",
    "pdcif",
    "powder_uxd",
    "powder_text",
    "thermo_vgd",
    "avantage",
    "phi",
    "specs_xy",
    "specs_xml",
    "scienta",
    "spreadsheet",
    "table",
)


@functools.cache
def formats() -> tuple[Format, ...]:
    """All formats: ours in the order of the list above, then those of installed plug-ins in the order of their names."""
    found: list[Format] = []
    for name in _MODULES:
        module = importlib.import_module(f"pelletry.formats.{name}")
        found.extend(getattr(module, "FORMATS", None) or (module.FORMAT,))
    return (*found, *_plugged_in())


def _plugged_in() -> list[Format]:
    from importlib.metadata import entry_points

    return [entry.load() for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda e: e.name)]
