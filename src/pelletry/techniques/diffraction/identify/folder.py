"""A user's own folder of CIF files (a local copy of the COD, of any size) in one SQLite file: indexed once, asked by elements and lines.

A first pass reads formula, cell and symmetry of each file (thousands of files a second) and can be stopped and taken up again; files that
did not change are not read twice. Strong lines, which need structure factors, are computed for a phase when it is first asked for.
Files that are no CIF, or lack what is needed, are listed with the reason and never stop the pass.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import BrokenFileError, MissingFactError, PelletryError
from pelletry.techniques.diffraction.identify.lines import line_table, strongest
from pelletry.techniques.diffraction.model.gemmi_door import load_gemmi
from pelletry.techniques.diffraction.model.radiation import radiation_of
from pelletry.techniques.diffraction.model.structure import Structure, structure_from_cif, volume_angstrom3

__all__ = ["CifFolder", "FolderPass", "IndexedPhase"]

_VERSION = 1
_COMMIT_EVERY = 500
_LINES_KEPT = 12
#: Cells larger than this are left out of searches by lines: molecular crystals with thousands of lines match anything.
LARGEST_CELL_ANGSTROM3 = 6000.0
#: More structures than this are not tried against one pattern.
LARGEST_SEARCH = 20_000
#: Relative room for a strong line's d: cells that differ by 0.8 %, and displacement.
_D_ROOM = 0.012
_SAME_VOLUME = 0.02
_SCHEMA = """
create table if not exists about (version integer, folder text);
create table if not exists files (path text primary key, size integer, mtime_ns integer, problem text);
create table if not exists phases (
    id integer primary key, path text, name text, formula text, low integer, high integer, space_group text,
    a real, b real, c real, alpha real, beta real, gamma real, volume real, lines blob);
create index if not exists by_path on phases (path);
create index if not exists by_elements on phases (low, high);
"""


@attrs.frozen(kw_only=True)
class FolderPass:
    """What one pass over the folder did."""

    read: int
    unchanged: int
    removed: int
    broken: int
    is_complete: bool


@attrs.frozen(kw_only=True)
class IndexedPhase:
    """One structure of the folder, as the index knows it."""

    number: int
    path: str
    name: str
    formula: str
    space_group: str
    cell: tuple[float, float, float, float, float, float]


def _mask(elements: Iterable[str]) -> tuple[int, int]:
    """Two integers with one bit an element; elements 1 to 62 in the first."""
    gemmi = load_gemmi()
    low = high = 0
    for symbol in elements:
        number = int(gemmi.Element(symbol).atomic_number)
        if number <= 62:
            low |= 1 << number
        else:
            high |= 1 << (number - 62)
    return low, high


class CifFolder:
    """The index of one folder. Use :meth:`update` once, then :meth:`candidates` as often as wanted."""

    def __init__(self, folder: str | Path, index: str | Path) -> None:
        self.folder = Path(folder)
        if not self.folder.is_dir():
            raise BrokenFileError("this is no folder", where=str(folder), do="give the folder that holds the CIF files")
        self.index = Path(index)
        with closing(self._open()) as data:
            data.executescript(_SCHEMA)
            row = data.execute("select version, folder from about").fetchone()
            if row is None:
                data.execute("insert into about values (?, ?)", (_VERSION, str(self.folder.resolve())))
            elif row[0] != _VERSION or row[1] != str(self.folder.resolve()):
                raise BrokenFileError(
                    f"this index belongs to the folder {row[1]} (version {row[0]})",
                    where=str(self.index),
                    do="give another path for the index, or delete it: it is made again",
                )
            data.commit()

    def _open(self) -> sqlite3.Connection:
        try:
            data = sqlite3.connect(self.index, timeout=30.0)
            data.execute("pragma journal_mode = wal")
        except sqlite3.DatabaseError as error:
            raise BrokenFileError(
                "this is no index of CIF files", where=str(self.index), do="give another path, or delete it"
            ) from error
        return data

    def _paths(self) -> Iterator[tuple[str, int, int]]:
        """Every .cif below the folder: path in it with forward slashes, size, time of change."""
        stack = [self.folder]
        while stack:
            with os.scandir(stack.pop()) as entries:
                for entry in sorted(entries, key=lambda e: e.name):
                    if entry.is_dir(follow_symlinks=False):
                        stack.append(Path(entry.path))
                    elif entry.name.lower().endswith(".cif") and entry.is_file():
                        facts = entry.stat()
                        yield Path(entry.path).relative_to(self.folder).as_posix(), facts.st_size, facts.st_mtime_ns

    def update(self, *, most_files: int | None = None, progress: Callable[[int], None] | None = None) -> FolderPass:
        """Read what is new or changed. ``most_files`` stops after that many; the next call goes on."""
        read = unchanged = broken = 0
        is_complete = True
        with closing(self._open()) as data:
            known = {p: (size, time) for p, size, time in data.execute("select path, size, mtime_ns from files")}
            seen: set[str] = set()
            for path, size, time in self._paths():
                seen.add(path)
                if known.get(path) == (size, time):
                    unchanged += 1
                    continue
                if most_files is not None and read >= most_files:
                    is_complete = False
                    break
                problem = self._take(data, path)
                data.execute("insert or replace into files values (?, ?, ?, ?)", (path, size, time, problem))
                read += 1
                broken += bool(problem)
                if read % _COMMIT_EVERY == 0:
                    data.commit()
                    if progress is not None:
                        progress(read)
            gone = [path for path in known if path not in seen] if is_complete else []
            for path in gone:
                data.execute("delete from phases where path = ?", (path,))
                data.execute("delete from files where path = ?", (path,))
            data.commit()
        return FolderPass(read=read, unchanged=unchanged, removed=len(gone), broken=broken, is_complete=is_complete)

    def _take(self, data: sqlite3.Connection, path: str) -> str:
        """Index one file; a sentence when it cannot be used."""
        data.execute("delete from phases where path = ?", (path,))
        try:
            found = _facts(self._text(path))
        except (PelletryError, OSError, ValueError, RuntimeError) as error:
            return str(error)[:300] or type(error).__name__
        name, formula, elements, space_group, cell, volume = found
        data.execute(
            "insert into phases (path, name, formula, low, high, space_group, a, b, c, alpha, beta, gamma, volume) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (path, name, formula, *_mask(elements), space_group, *cell, volume),
        )
        return ""

    def _text(self, path: str) -> str:
        return (self.folder / path).read_bytes().decode("utf-8", errors="replace")

    def broken(self) -> tuple[tuple[str, str], ...]:
        """Files that cannot be used, with the reason."""
        with closing(self._open()) as data:
            rows = data.execute("select path, problem from files where problem != '' order by path").fetchall()
        return tuple((str(path), str(problem)) for path, problem in rows)

    def __len__(self) -> int:
        with closing(self._open()) as data:
            return int(data.execute("select count(*) from phases").fetchone()[0])

    def made_of(self, elements: Iterable[str] | None) -> tuple[IndexedPhase, ...]:
        """Phases that hold no other element than these; None: all."""
        condition, values = "volume <= ?", [LARGEST_CELL_ANGSTROM3]
        if elements is not None:
            low, high = _mask(elements)
            condition += " and (low & ~?) = 0 and (high & ~?) = 0"
            values += [low, high]
        with closing(self._open()) as data:
            rows = data.execute(
                "select id, path, name, formula, space_group, a, b, c, alpha, beta, gamma from phases "
                f"where {condition} order by id",
                values,
            ).fetchall()
        return tuple(
            IndexedPhase(number=r[0], path=r[1], name=r[2], formula=r[3], space_group=r[4], cell=tuple(r[5:11]))
            for r in rows
        )

    def structure(self, phase: IndexedPhase) -> Structure:
        """The structure itself, read again from its file."""
        return structure_from_cif(self._text(phase.path), name=phase.name or phase.path, source=phase.path)

    def strong_lines(self, phases: Sequence[IndexedPhase]) -> list[Array]:
        """Of each phase, d and relative strength of the strongest lines for Cu K-alpha1 up to 100 degrees, shape (k, 2).

        Computed once and kept; empty for a structure without coordinates.
        """
        found: list[Array] = []
        with closing(self._open()) as data:
            for count, phase in enumerate(phases, start=1):
                row = data.execute("select lines from phases where id = ?", (phase.number,)).fetchone()
                if row is not None and row[0] is not None:
                    found.append(np.frombuffer(row[0], dtype=np.float64).reshape(-1, 2).copy())
                    continue
                lines = self._computed_lines(phase)
                data.execute("update phases set lines = ? where id = ?", (lines.tobytes(), phase.number))
                found.append(lines)
                if count % _COMMIT_EVERY == 0:
                    data.commit()
            data.commit()
        return found

    def _computed_lines(self, phase: IndexedPhase) -> Array:
        try:
            structure = self.structure(phase)
        except (PelletryError, OSError):
            return np.zeros((0, 2))
        if not structure.sites:
            return np.zeros((0, 2))
        table = line_table(structure, radiation_of("Cu", is_ka1_only=True), 100.0)
        chosen = strongest(table, _LINES_KEPT)
        strength = table.strength[chosen] / max(float(table.strength.max(initial=0.0)), 1e-300)
        return np.column_stack([table.d_angstrom[chosen], strength])

    def candidates(
        self, d_angstrom: Array, *, elements: Iterable[str] | None = None, most: int = 60
    ) -> tuple[Structure, ...]:
        """Structures made of these elements whose strong lines stand where the pattern has peaks (``d_angstrom``), best first."""
        seen = np.sort(np.asarray(d_angstrom, dtype=float))
        phases = self.made_of(elements)
        if len(phases) > LARGEST_SEARCH:
            raise MissingFactError(
                f"{len(phases)} structures of the folder are made of these elements: too many to try",
                where=str(self.folder),
                expected=f"at most {LARGEST_SEARCH}",
                do="name the elements that can be in the sample",
            )
        shares = [_share_there(lines, seen) for lines in self.strong_lines(phases)]
        good = [(-share, phase.number, phase) for share, phase in zip(shares, phases, strict=True) if share > 0.5]
        return tuple(
            self.structure(phase)
            for phase in _different([entry[2] for entry in sorted(good, key=lambda g: g[:2])])[:most]
        )


def _different(phases: Sequence[IndexedPhase]) -> list[IndexedPhase]:
    """One entry of each phase: same formula and space group, volume within 2 %; the first stands for all."""
    kept: dict[tuple[str, str], list[float]] = {}
    found = []
    for phase in phases:
        formula = " ".join(sorted(phase.formula.split())) or phase.name
        volumes = kept.setdefault((formula, phase.space_group.replace(" ", "")), [])
        volume = volume_angstrom3(phase.cell)
        if all(abs(volume / other - 1.0) > _SAME_VOLUME for other in volumes):
            volumes.append(volume)
            found.append(phase)
    return found


def _share_there(lines: Array, seen: Array) -> float:
    """Share of the strength of the lines within the pattern that lies at a peak, at the best common strain."""
    if not len(lines) or not len(seen):
        return 0.0
    inside = lines[(lines[:, 0] > 0.98 * seen[0]) & (lines[:, 0] < 1.02 * seen[-1])]
    if not len(inside):
        return 0.0
    best = 0.0
    for strain in np.linspace(-_D_ROOM, _D_ROOM, 13):
        d = inside[:, 0] * (1.0 + strain)
        right = np.clip(np.searchsorted(seen, d), 1, len(seen) - 1) if len(seen) > 1 else np.zeros(len(d), dtype=int)
        nearest = np.minimum(np.abs(seen[right] - d), np.abs(seen[right - 1] - d)) / d
        best = max(best, float(np.sum(inside[nearest < 0.0025, 1]) / np.sum(inside[:, 1])))
    return best


def _facts(text: str) -> tuple[str, str, frozenset[str], str, tuple[float, ...], float]:
    """Name, formula, elements, space group, cell and volume, from the text alone and quickly."""
    gemmi = load_gemmi()
    try:
        document = gemmi.cif.read_string(text)
    except (ValueError, RuntimeError) as error:
        raise BrokenFileError(f"this is no CIF: {str(error)[:120]}") from error
    block = next((b for b in document if b.find_value("_cell_length_a") is not None), None)
    if block is None:
        raise BrokenFileError("no block of the CIF has a cell")
    tags = ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma")
    cell = tuple(float(gemmi.cif.as_number(block.find_value(f"_cell_{tag}") or "?")) for tag in tags)
    if not np.all(np.isfinite(cell)) or min(cell[:3]) <= 0 or not all(0 < angle < 180 for angle in cell[3:]):
        raise BrokenFileError("the cell is missing or impossible")
    symbols = [gemmi.cif.as_string(v) for v in block.find_values("_atom_site_type_symbol")]
    symbols = symbols or [gemmi.cif.as_string(v) for v in block.find_values("_atom_site_label")]
    elements = frozenset(e for e in map(_symbol, symbols) if e)
    if not elements:
        raise BrokenFileError("the CIF has no atoms")
    group = _first(block, "_space_group_name_H-M_alt", "_symmetry_space_group_name_H-M", "_space_group_name_Hall")
    has_operations = any(
        list(block.find_values(tag)) for tag in ("_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz")
    )
    if not has_operations and gemmi.find_spacegroup_by_name(group) is None:
        raise BrokenFileError("the CIF states no symmetry")
    name = _first(block, "_chemical_name_mineral", "_chemical_name_common", "_chemical_name_systematic") or block.name
    formula = _first(block, "_chemical_formula_sum", "_chemical_formula_structural")
    return name[:120], formula[:200], elements, group, cell, float(gemmi.UnitCell(*cell).volume)


def _first(block: object, *tags: str) -> str:
    gemmi = load_gemmi()
    for tag in tags:
        value = block.find_value(tag)  # type: ignore[attr-defined]
        if value is not None and value not in ("?", "."):
            text: str = gemmi.cif.as_string(value).replace("\n", " ").strip()
            if text and text != "?":
                return text
    return ""


def _symbol(text: str) -> str:
    """The element that a type symbol or a label begins with, "" for none."""
    gemmi = load_gemmi()
    for length in (2, 1):
        letters = text[:length]
        if len(letters) == length and letters.isalpha():
            name = letters[0].upper() + letters[1:].lower()
            if gemmi.Element(name).atomic_number > 0:
                return "H" if name == "D" else name
    return ""
