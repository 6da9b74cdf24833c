"""EDX spectra in plain tables: an energy in keV or eV and counts, as Oxford AZtec, EDAX, JEOL and Thermo export them.

Built from public descriptions of such exports; **no file of ours**.

Schema: ``Energy`` (keV or eV, the head kept in the header as ``energy head``) and ``Counts``; further columns of counts are spectra of their own, a record each.

Told from other spectra over an energy: the head says energy in keV, or in eV above whole counts; it begins between -1.5 and 0.5 keV, rises in equal
steps of 1 to 50 eV over 3 keV at least, and no count is negative. An XPS survey ends below 3 keV, an absorption edge begins above 0.5.

Header kept: the entries ``key: value`` above; ``live time``, ``real time`` (s) and ``beam energy`` (keV) where their words are found.

Uncertainties: none in the file.

Refused: broken rows, as plain tables (``table_text.py``), with their line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.record import Record
from pelletry.formats.columns import split_head
from pelletry.formats.edx_spectrum import edx_record, quantity
from pelletry.formats.head_blocks import head_blocks
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.table_text import Block, read_blocks

__all__ = ["FORMAT", "records_of_blocks"]

NAME = "edx-table"
_ENERGY = re.compile(r"(?:x-?ray )?(?:energy|energie|energ[ií]a|énergie|能量|エネルギー|энергия)\W*", re.IGNORECASE)
_UNIT = re.compile(r"\b(k?ev)\b", re.IGNORECASE)
_OTHERS = re.compile(r"binding|bindungs|kinetic|loss|photon|raman|absorption|mu\b", re.IGNORECASE)
_FEWEST = 200
_LOWEST_KEV, _HIGHEST_START_KEV, _SMALLEST_SPAN_KEV = -1.5, 0.5, 3.0
_SMALLEST_STEP_KEV, _LARGEST_STEP_KEV = 9e-4, 0.05
_FACTS = (
    ("live time", re.compile(r"live ?time|lebendzeit|temps (?:actif|vif)|tiempo vivo", re.IGNORECASE), "s"),
    ("real time", re.compile(r"real ?time|realzeit|elapsed time", re.IGNORECASE), "s"),
    ("beam energy", re.compile(r"(?:beam|acc(?:elerating)?\.?)[ _-]*(?:energy|voltage)|primary energy|^kv$|beschleunigung", re.IGNORECASE), "keV"),
)  # fmt: skip


def _columns(block: Block) -> tuple[int, str, list[int]] | None:
    """The column of the energy, its unit and the columns of counts; None when the block is no spectrum."""
    values = block.values
    if len(values) < _FEWEST or not block.names or values.shape[1] > 64:
        return None
    for k, head in enumerate(block.names[:3]):
        name, unit = split_head(head)
        unit = unit or (block.units[k] if k < len(block.units) else "")
        told = _UNIT.search(f"{head} {unit}")
        is_energy = _ENERGY.match(name) is not None or name.strip().lower() in ("kev", "ev")
        if told is None or not is_energy or _OTHERS.search(head):
            continue
        per_kev = 1.0 if told[1].lower() == "kev" else 1e-3
        counts = [
            j
            for j in range(values.shape[1])
            if j > k and np.all(np.isfinite(values[:, j])) and np.all(values[:, j] >= 0)
        ]
        if not counts or not _is_axis(values[:, k] * per_kev):
            return None
        if per_kev != 1.0 and not np.all(values[:, counts[0]] == np.round(values[:, counts[0]])):
            return None
        return k, "keV" if per_kev == 1.0 else "eV", counts
    return None


def _is_axis(energy_keV: Array) -> bool:
    steps = np.diff(energy_keV)
    if not np.all(np.isfinite(energy_keV)) or np.any(steps <= 0):
        return False
    middle = float(np.median(steps))
    is_even = bool(np.mean(np.abs(steps - middle) <= max(0.06 * middle, 1.05e-3)) > 0.99)
    return (
        is_even
        and _SMALLEST_STEP_KEV <= middle <= _LARGEST_STEP_KEV
        and _LOWEST_KEV <= energy_keV[0] <= _HIGHEST_START_KEV
        and energy_keV[-1] - energy_keV[0] >= _SMALLEST_SPAN_KEV
    )


def can_read(raw: RawFile) -> bool:
    """A head with an energy in keV or eV above rows in equal steps from about zero."""
    text = raw.head_text
    if not _UNIT.search(text[:8000]) or text.lstrip().startswith(("#FORMAT", "<", "Bruker Nano", "VAMAS")):
        return False
    if re.search(r"^(?:Primary energy|Primärenergie)\b", text[:4000], re.MULTILINE):
        return False  # Esprit's
    return any(_columns(block) is not None for block in head_blocks(raw))


def read(raw: RawFile) -> Sequence[Record]:
    """One record a column of counts."""
    records = records_of_blocks(raw, read_blocks(raw))
    if not records:
        raise raw.broken("the energies do not rise in equal steps to the end", do="export the spectrum again")
    return records


def records_of_blocks(raw: RawFile, blocks: Sequence[Block]) -> list[Record]:
    """The spectra among the tables of a text or a sheet, none when none is one."""
    records: list[Record] = []
    for block in blocks:
        found = _columns(block)
        if found is None:
            continue
        k, unit, counts = found
        header = _entries([text for _, text in block.before])
        header["energy head"] = block.names[k]
        for j in counts:
            head = block.names[j] if j < len(block.names) else f"column {j + 1}"
            name = raw.path.name if len(counts) == 1 else f"{raw.path.name} [{head}]"
            values = np.ascontiguousarray(block.values[:, j])
            is_whole = bool(np.all(values == np.round(values)))
            notes = (
                [] if is_whole else ["the intensities are no whole numbers: the square root is not their uncertainty"]
            )
            records.append(
                edx_record(
                    raw, NAME, counts=values, energy=np.ascontiguousarray(block.values[:, k]), energy_unit=unit,
                    header={**header, "counts head": head}, notes=notes, name=name, number=len(records), line=block.first_line,
                )
            )  # fmt: skip
    return records


def _entries(lines: Sequence[str]) -> dict[str, str]:
    header: dict[str, str] = {}
    for line in lines:
        match = re.match(r'\s*"?([^:=,;\t"]{1,60}?)"?\s*[:=,;\t]\s*"?(.*?)"?[\s,;]*$', line)
        if match and match[2]:
            header.setdefault(match[1].strip(), match[2].strip()[:300])
    for name, text in list(header.items()):
        value = re.search(r"[-+]?\d+(?:[.,]\d+)?", text)
        fact = next(((key, unit) for key, pattern, unit in _FACTS if pattern.search(name)), None)
        if fact and value and fact[0] not in header:
            quantity(header, fact[0], float(value[0].replace(",", ".")), fact[1])
    return header


FORMAT = Format(name=NAME, title="EDX spectrum in a table", extensions=(".csv", ".txt"), can_read=can_read, read=read)
