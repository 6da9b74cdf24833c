"""Photoelectron spectra in plain tables: a binding or kinetic energy and an intensity, as MultiPak, Avantage, CasaXPS and people export them.

Seen: per-region texts of one laboratory (``BE/eV``, ``PE: 20.0 eV``); the other spellings from public descriptions.

Schema: the energy and the intensity under the file's own names, then the other columns; one record a table. Header keys as in ``xps.py``: ``energy scale``,
``binding energy column``, ``intensity column``, ``intensity unit`` where the head says counts or counts per second, ``region`` where the head of the intensity, the lines
above or the file's name speak of a level (``Sn3d5.spe``). ``Binding Energy`` is added to kinetic energies when the lines above state the energy of the source.

Told by the head of the energy (``Binding Energy (eV)``, ``BE/eV``, ``B.E.``, ``Kinetic Energy``, ``Bindungsenergie``, ``Énergie de liaison``, ``结合能``) and energies that run one way, in
equal steps, between -50 and 3000 eV.

Uncertainties: none in the file.

Refused: broken rows, as plain tables (``table_text.py``), with their line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.record import Column, Record
from pelletry.formats.columns import split_head
from pelletry.formats.head_blocks import head_blocks
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.table_text import Block, read_blocks
from pelletry.formats.xps import Spectrum, record_of_spectrum

__all__ = ["FORMAT", "records_of_blocks"]

NAME = "xps-table"
_BINDING = re.compile(
    r"(?:electron )?binding[ _]?energy\b.*|b\.?e\.?|bindungsenergie|[ée]nergie de liaison|energ[ií]a de (?:enlace|ligadura|ligação)|结合能|結合エネルギー|энергия связи",
    re.IGNORECASE,
)
_KINETIC = re.compile(
    r"kinetic[ _]?energy\b.*|k\.?e\.?|kinetische energie|[ée]nergie cin[ée]tique|energ[ií]a cin[ée]tica|动能|運動エネルギー",
    re.IGNORECASE,
)
_INTENSITY = re.compile(r"intens|counts?\b|cps|强度|強度|计数|\by\b|signal|yield|coups|impulse|zählrate", re.IGNORECASE)
_NOT_MEASURED = re.compile(r"back|envelope|resid|fit|sum\b|component|peak|transmission|error", re.IGNORECASE)
_PER_SECOND = re.compile(
    r"cps|(?:counts?|cts|coups|impulse)[\s(\[]*(?:/|per|pro|par|·|\.)\s*s|count ?rate|zählrate|计数率", re.IGNORECASE
)
_COUNTS = re.compile(r"counts?\b|cts\b|coups|impulse|计数", re.IGNORECASE)
_SOURCE = re.compile(
    r"(?:photon|source|excitation|characteristic|x-?ray)\s*energy[^0-9\n]{0,12}(\d{2,5}(?:[.,]\d+)?)", re.IGNORECASE
)
_PASS = re.compile(r"(?:pass\s*energy|\bPE\b)[^0-9\n]{0,12}(\d+(?:[.,]\d+)?)", re.IGNORECASE)
_LEVEL = re.compile(r"(?<![A-Za-z])([A-Z][a-z]?) ?([1-6][spdf])(?:[1357](?:/2)?)?(?![a-z])")
_WORDS = (
    "binding", "b.e.", "be/", "be (", "be(", "be [", "be[", "be,", "be\t", "be;", "kinetic", "k.e.", "ke/", "ke (", "ke(", "ke [", "ke[", "\nke", "bindungs",
    "kinetische", "liaison", "enlace", "ligadura", "cinét", "cinet", "结合能", "動エ", "动能", "結合エ", "связи",
)  # fmt: skip
_LOWEST_EV, _HIGHEST_EV, _FEWEST = -50.0, 3000.0, 20


def _energy_of(block: Block) -> tuple[int, str] | None:
    """The column of the energies and ``binding`` or ``kinetic``; binding energies when both are there."""
    found: list[tuple[int, str]] = []
    for k in range(min(block.values.shape[1], len(block.names), 8)):
        name, unit = split_head(block.names[k])
        unit = (unit or (block.units[k] if k < len(block.units) else "")).strip().lower()
        plain = name.strip().strip('"')
        scale = "binding" if _BINDING.fullmatch(plain) else "kinetic" if _KINETIC.fullmatch(plain) else ""
        is_said = bool(unit) or len(plain) > 4 or plain.isupper()  # "be" alone is a word
        has_unit = bool(unit) or "energ" in plain.lower()
        if scale and is_said and unit in ("", "ev") and _is_energy(block.values[:, k], has_unit=has_unit):
            found.append((k, scale))
    return next((one for one in found if one[1] == "binding"), found[0] if found else None)


def _is_energy(x: Array, *, has_unit: bool) -> bool:
    if x.size < _FEWEST or not np.all(np.isfinite(x)) or x.min() < _LOWEST_EV or x.max() > _HIGHEST_EV:
        return False
    steps = np.diff(x)
    if not (np.all(steps > 0) or np.all(steps < 0)):
        return False
    middle = abs(float(np.median(steps)))
    return bool(
        0.005 <= middle <= 5.0 and np.mean(np.abs(np.abs(steps) - middle) <= max(0.06 * middle, 0.011)) > 0.95
    ) and (has_unit or x.max() - x.min() >= 3.0)


def _intensity_of(block: Block, energy: int) -> int | None:
    others = [k for k in range(block.values.shape[1]) if k != energy and np.isfinite(block.values[:, k]).mean() > 0.9]
    heads = {k: block.names[k] if k < len(block.names) else "" for k in others}
    others = [
        k
        for k in others
        if not (_BINDING.fullmatch(split_head(heads[k])[0]) or _KINETIC.fullmatch(split_head(heads[k])[0]))
    ]
    told = [k for k in others if _INTENSITY.search(heads[k]) and not _NOT_MEASURED.search(heads[k])]
    return next(iter(told), None) if told else next((k for k in others if not _NOT_MEASURED.search(heads[k])), None)


def can_read(raw: RawFile) -> bool:
    """A head that names a binding or kinetic energy above rows in equal steps of it."""
    text = raw.head_text
    small = "\n" + text[:8000].lower()
    if not text or not any(word in small for word in _WORDS):
        return False
    if (
        text.lstrip().startswith(("VAMAS", "<", "# Created by", "[Info]", "SOFH", "Cycle "))
        or "Characteristic Energy eV" in text[:4000]
    ):
        return False
    return any(
        (found := _energy_of(block)) is not None and _intensity_of(block, found[0]) is not None
        for block in head_blocks(raw)
    )


def read(raw: RawFile) -> Sequence[Record]:
    """One record a table."""
    records = records_of_blocks(raw, read_blocks(raw))
    if not records:
        raise raw.broken("the energies do not run in equal steps to the end", do="export the spectrum again")
    return records


def records_of_blocks(raw: RawFile, blocks: Sequence[Block]) -> list[Record]:
    """The spectra among the tables of a text or a sheet, none when none is one."""
    records: list[Record] = []
    for block in blocks:
        found = _energy_of(block)
        intensity = None if found is None else _intensity_of(block, found[0])
        if found is not None and intensity is not None:
            records.append(_record(raw, block, found, intensity, len(records)))
    return records


def _column(block: Block, k: int) -> Column:
    name, unit = split_head(block.names[k]) if k < len(block.names) else ("", "")
    unit = unit or (block.units[k] if k < len(block.units) else "")
    return Column(name=name or f"column {k + 1}", unit=unit, values=np.ascontiguousarray(block.values[:, k]))


def _record(raw: RawFile, block: Block, energy: tuple[int, str], intensity: int, index: int) -> Record:
    above = "\n".join(text for _, text in block.before)
    head = block.names[intensity] if intensity < len(block.names) else ""
    head = f"{head} {block.units[intensity]}" if intensity < len(block.units) else head
    unit = "counts/s" if _PER_SECOND.search(head) else "counts" if _COUNTS.search(head) else ""
    level = next(
        (match for text in (head, above, raw.path.stem.replace("_", " ")) if (match := _LEVEL.search(text))), None
    )
    source, pass_energy = _SOURCE.search(above), _PASS.search(f"{head}\n{above}")
    column = _column(block, intensity)
    if unit == "counts/s":  # of "Counts / s" the second is no unit of its own
        column = Column(name=column.name, unit="counts/s", values=column.values)
    spectrum = Spectrum(
        name=raw.path.name if index == 0 else f"{raw.path.name} [{index + 1}]",
        energy=Column(name=_column(block, energy[0]).name, unit="eV", values=_column(block, energy[0]).values),
        intensity=column,
        others=tuple(
            _column(block, k)
            for k in range(block.values.shape[1])
            if k not in (energy[0], intensity) and np.isfinite(block.values[:, k]).any()
        ),
        scale=energy[1],
        intensity_unit=unit,
        facts={
            "region": f"{level[1]} {level[2]}" if level else None,
            "source energy (eV)": float(source[1].replace(",", ".")) if source else None,
            "pass energy (eV)": float(pass_energy[1].replace(",", ".")) if pass_energy else None,
        },
        header={"lines above": above[:500]} if above.strip() else {},
    )
    return record_of_spectrum(raw, NAME, spectrum, index=index, line=block.first_line)


FORMAT = Format(
    name=NAME, title="photoelectron spectrum in a table", extensions=(".csv", ".txt"), can_read=can_read, read=read
)
