"""The formats this version reads: what a format is, and the list of all of them.

A format is one module in this room with a constant ``FORMAT`` (or ``FORMATS``). Other packages add theirs through the entry
point group ``pelletry.formats``; each entry names a :class:`Format`.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Sequence

import attrs

from pelletry.core.errors import FormatError
from pelletry.core.record import Record
from pelletry.formats.rawfile import RawFile

__all__ = ["BY_NUMBERS", "ENTRY_POINTS", "Format", "formats", "formats_for"]

ENTRY_POINTS = "pelletry.formats"
#: Formats that nothing but their numbers tells: a reader that knows the words of the file goes before them.
BY_NUMBERS: frozenset[str] = frozenset({"powder-xy"})


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
    "size_table",
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
    "neware_layers",
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
    "edx_table",
    "sem_tiff",
    "pictures",
    "vamas",
    "xrdml",
    "philips_udf",
    "philips_rd",
    "bruker_raw",
    "bruker_raw4",
    "brml",
    "rigaku_ras",
    "rigaku_rasx",
    "gsas",
    "pdcif",
    "powder_uxd",
    "powder_text",
    "powder_table",
    "powder_old",
    "thermo_vgd",
    "thermo_avg",
    "avantage",
    "phi",
    "specs_xy",
    "specs_xml",
    "scienta",
    "xps_table",
    "spreadsheet",
    "cycler_any",
    "table",
)


#: Modules whose formats never look like text: not even imported for a text file, which is most of them.
_BINARY: frozenset[str] = frozenset(
    {
        "biologic_mpr",
        "netzsch_binary",
        "neware",
        "arbin_res",
        "sem_tiff",
        "pictures",
        "bruker_raw",
        "philips_rd",
        "bruker_raw4",
        "brml",
        "rigaku_rasx",
        "thermo_vgd",
        "avantage",
        "spreadsheet",
    }
)


#: Words of which every file of these formats holds one near its start, in small letters; without them they are not imported.
_WORDS: dict[str, tuple[str, ...]] = {
    "xrdml": ("xrdmeasurements",),
    "specs_xml": ("regiongroupseq",),
    "bruker_spx": ("trtspectrum",),
    "esprit_text": ("bruker nano", "primary energy", "primärenergie"),
    "rigaku_ras": ("*ras_",),
    "phi": ("sofh",),
    "quadstar": ("sourcefile",),
    "gsas": ("bank",),
    "pdcif": ("data_",),
    "vamas": ("vamas",),
    "novocontrol": ("fixed value(s)",),
    "gamry": ("explain",),
    "ivium": ("ecn=",),
    "mettler": ("index",),
    "baehr": ("change in length",),
    "ta_text": ("startofdata", "[step]"),
    "setaram": ("creation date", "index", "time"),
    "emsa": ("ems",),
    "edx_table": ("ev",),
}


def formats() -> tuple[Format, ...]:
    """All formats: ours in the order of the list above, then those of installed plug-ins in the order of their names."""
    return (*(one for name in _MODULES for one in _of_module(name)), *_plugged_in())


def formats_for(raw: RawFile) -> tuple[Format, ...]:
    """The formats that could claim this file; the others are left out without being imported."""
    begin = (raw.head_text if raw.is_text else raw.head.decode("latin-1")).lower()
    skipped = set(_BINARY) if raw.is_text else set()
    for name, words in _WORDS.items():
        for word in words:  # any() would take longer than the search
            if word in begin:
                break
        else:
            skipped.add(name)
    return (*(one for name in _MODULES if name not in skipped for one in _of_module(name)), *_plugged_in())


@functools.cache
def _of_module(name: str) -> tuple[Format, ...]:
    module = importlib.import_module(f"pelletry.formats.{name}")
    return tuple(getattr(module, "FORMATS", None) or (module.FORMAT,))


@functools.cache
def _plugged_in() -> tuple[Format, ...]:
    """The formats of other packages; one that does not load is told once and left out, so that the other files stay readable."""
    from importlib.metadata import entry_points

    found = []
    for entry in sorted(entry_points(group=ENTRY_POINTS), key=lambda e: e.name):
        try:
            plugged = entry.load()
        except Exception as error:  # whatever the other package does on import
            _tell(f"the plug-in {entry.name} ({entry.value}) does not load: {type(error).__name__}: {error}")
            continue
        if isinstance(plugged, Format):
            found.append(_guarded(plugged, entry.name))
        else:
            _tell(f"the plug-in {entry.name} ({entry.value}) is a {type(plugged).__name__}, expected a Format")
    return tuple(found)


def _tell(words: str) -> None:
    import warnings

    warnings.warn(words, stacklevel=2)


def _guarded(plugged: Format, name: str) -> Format:
    """A format whose every failure is a FormatError that names the file and the plug-in."""

    def can_read(raw: RawFile) -> bool:
        try:
            return bool(plugged.can_read(raw))
        except Exception:  # a file that only looks like one of its own; the other readers are asked
            return False

    def read(raw: RawFile) -> Sequence[Record]:
        try:
            return tuple(plugged.read(raw))
        except FormatError:
            raise
        except Exception as error:
            what = f"the plug-in {name} could not read the file ({type(error).__name__}: {str(error)[:200]})"
            raise raw.broken(
                what, do="tell the authors of the plug-in, or export the file in another format"
            ) from error

    return attrs.evolve(plugged, can_read=can_read, read=read)
