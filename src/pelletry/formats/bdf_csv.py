"""Battery Data Format (.bdf.csv) of the Battery Data Alliance: csv with named quantities and units.

Formats: **no real file of ours**; built from the public ontology (1.x) and one public file, whose times are in hours against the rule: units are taken as
the heads say. Required heads ``Test Time / s``, ``Voltage / V``, ``Current / A``; or the machine-readable
``test_time_second``, ``voltage_volt``, ``current_ampere``. Others (``Cycle Count / 1``, ``Step Index / 1``, ``Ambient Temperature / degC``, ``Unix Time / s``) as they come.

Schema: name and unit of each head split at `` / `` (or at the unit's word); ``1`` (a count) becomes no unit. Positive currents charge, by the
format's definition. Technique: "cycling".

Uncertainties: none. Header: nothing stands in the file; descriptions lie beside it (``.meta.json``).

Structure: one line of heads, comma, decimal point, UTF-8.
"""

from __future__ import annotations

from collections.abc import Sequence

from pelletry.core.record import Record
from pelletry.formats.cycler_table import find_heads, read_cycler
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format

__all__ = ["FORMAT"]

NAME = "bdf-csv"
_WORDS = {
    "second": "s", "volt": "V", "ampere": "A", "unity": "", "celsius": "degC", "degc": "degC", "kelvin": "K", "ampere_hour": "Ah", "watt_hour": "Wh",
    "watt": "W", "ohm": "ohm", "hertz": "Hz", "pascal": "Pa", "degree": "deg",
}  # fmt: skip


def _is_labelled(heads: frozenset[str]) -> bool:
    if "cycleindex" in heads:  # without a unit: Landt's ``Cycle-Index`` beside its ``TestTime/Sec``
        return False
    has_time = any(head.startswith("testtime/") for head in heads)
    return has_time and any(h.startswith("voltage/") for h in heads) and any(h.startswith("current/") for h in heads)


def _is_readable(heads: frozenset[str]) -> bool:
    return heads >= {"testtimesecond", "voltagevolt", "currentampere"}


def _split(head: str) -> tuple[str, str]:
    name, slash, unit = head.rpartition(" / ")
    if slash:
        return name.strip(), "" if unit.strip() == "1" else unit.strip()
    for words in sorted(_WORDS, key=len, reverse=True):
        if head.endswith(f"_{words}"):
            return head.removesuffix(f"_{words}"), _WORDS[words]
    return head, ""


def read(raw: RawFile) -> Sequence[Record]:
    """One record with all rows; raises BrokenFileError with the line of a row that does not fit."""
    heads = find_heads(raw, _is_labelled, _is_readable)
    if heads is None:
        raise raw.broken("the line of names is missing", expected="Test Time / s, Voltage / V, Current / A")
    index, separator, cells = heads
    split = [_split(cell) for cell in cells]
    names, units = tuple(name for name, _ in split), tuple(unit for _, unit in split)
    return [read_cycler(raw, NAME, (index, separator, names), units=units)]


FORMAT = Format(
    name=NAME,
    title="Battery Data Format (csv)",
    extensions=(".csv",),
    can_read=lambda raw: find_heads(raw, _is_labelled, _is_readable) is not None,
    read=read,
)
