"""Powder patterns in CIF (pdCIF): loops of ``_pd_meas_*``, ``_pd_proc_*`` and ``_pd_calc_*``.

Seen: NIST's certification data of SRM 660c (two patterns, measured and calculated, in blocks of one file).

Schema: the numeric columns of each loop that has an angle and an intensity, names as in the file without the leading underscore; one record a loop.
Angles that are only given as ``_pd_meas_2theta_range_min/max/inc`` become the column ``pd_meas_2theta_range`` (deg).

Units are those of the CIF dictionary: degrees, counts, arbitrary intensities. ``_pd_proc_ls_weight`` is a weight, 1/variance.

Uncertainties: standard uncertainties in parentheses (``123(4)``) are cut off with a warning; weights are kept as a column.

Measured or calculated: a ``_pd_calc_`` column is calculated. NIST writes its calculated pattern under ``_pd_proc_intensity_total`` as well, in a block whose
name ends with ``_calc``: such a record gets the hint ``kind`` and a warning.

Temperature: ``_diffrn_ambient_temperature`` or ``_cell_measurement_temperature``, in kelvin by the dictionary, when all blocks agree.
``_pd_spec_temperature`` is no word of the dictionary (20.85 in the file seen, in degrees C); it stays in the header.

Header kept: all single items of the block, and those of the other blocks of the file. A wavelength only when the file has one.

Structure: CIF 1.1: ``data_`` blocks, items, ``loop_``, quoted values, text fields between semicolons at the beginning of lines.

Refused: a CIF without a pattern (a crystal structure), a loop whose values do not fill its rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.errors import quoted
from pelletry.core.record import Hint, Record
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.scans import Scan, records_of_scans, temperature_of

__all__ = ["FORMAT"]

NAME = "pdcif"
_DATA = re.compile(rb"^\s*data_\S", re.MULTILINE | re.IGNORECASE)
_PATTERN = re.compile(
    rb"^\s*_pd_(?:meas|proc|calc)_(?:2theta(?:_scan|_corrected|_range_inc)|counts|intensity|time_of_flight|d_spacing|position)",
    re.M | re.I,
)
_TOKEN = re.compile(r"""'(?:[^']|'(?=\S))*'(?=\s|$)|"(?:[^"]|"(?=\S))*"(?=\s|$)|#.*|\S+""")
_ANGLES = ("pd_proc_2theta_corrected", "pd_meas_2theta_corrected", "pd_meas_2theta_scan", "pd_meas_2theta_fixed", "pd_proc_d_spacing",
           "pd_proc_recip_len_q", "pd_meas_time_of_flight", "pd_meas_position")  # fmt: skip
_INTENSITIES = ("pd_meas_counts_total", "pd_meas_intensity_total", "pd_proc_intensity_total", "pd_meas_intensity_net", "pd_proc_intensity_net",
                "pd_meas_counts", "pd_calc_intensity_total", "pd_calc_intensity_net")  # fmt: skip
_UNITS = (
    ("2theta", "deg"),
    ("d_spacing", "Angstrom"),
    ("recip_len_q", "1/Angstrom"),
    ("time_of_flight", "us"),
    ("counts", "counts"),
)
_NUMBER = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?)(?:\(\d+\))?\Z")
_KEYS = {"diffrn_radiation_wavelength": "wavelength (Angstrom)", "pd_instr_monochr_post_spec": "monochromator",
         "diffrn_radiation_type": "radiation", "diffrn_detector": "detector", "pd_phase_name": "sample"}  # fmt: skip
_PIECE_ROWS = 2000
_MARK = "\x1f"
_SEARCHED_BYTES = 32_000_000


@attrs.define
class _Loop:
    """A loop while it is read; its values are kept as pieces of text, since words of their own take ten times their length."""

    line: int
    names: list[str] = attrs.field(factory=list)
    count: int = 0
    _waiting: list[str] = attrs.field(factory=list)
    _pieces: list[str] = attrs.field(factory=list)

    def add(self, value: str) -> None:
        """One more value."""
        self.count += 1
        self._waiting.append(value)
        if len(self._waiting) >= _PIECE_ROWS * len(self.names):
            self._close()

    def _close(self) -> None:
        if self._waiting:
            self._pieces.append(_MARK.join(self._waiting))
            self._waiting = []

    def column(self, k: int) -> Iterator[list[str]]:
        """The values under the name ``k``, some thousand rows at a time."""
        self._close()
        width = len(self.names)
        return (piece.split(_MARK)[k::width] for piece in self._pieces)


@attrs.define(kw_only=True)
class _Block:
    name: str
    line: int
    items: dict[str, str] = attrs.field(factory=dict)
    loops: list[_Loop] = attrs.field(factory=list)


def can_read(raw: RawFile) -> bool:
    """CIF text with columns of a powder pattern somewhere in it."""
    if not _DATA.search(raw.head) or not raw.is_text:
        return False
    if _PATTERN.search(raw.head):
        return True
    return len(raw.head) < raw.size_bytes <= _SEARCHED_BYTES and _PATTERN.search(raw.bytes()) is not None


def read(raw: RawFile) -> Sequence[Record]:
    """One record a pattern; errors as in the module docstring."""
    blocks = _blocks(raw, raw.text().lines)
    shared: dict[str, str] = {}
    for block in blocks:
        for key, value in block.items.items():
            shared.setdefault(key, value)
    temperature = _temperature(blocks)
    scans: list[Scan] = []
    for block in blocks:
        header = {**shared, **block.items, "block": block.name}
        for key, name in _KEYS.items():
            if header.get(key, "?") not in ("?", "."):
                header[name] = header[key]
        for loop in block.loops:
            scan = _scan(raw, block, loop, header)
            if scan is not None:
                scans.append(attrs.evolve(scan, temperature_K=temperature))
    if not scans:
        raise raw.refused(
            "the CIF holds a crystal structure or a list, and no powder pattern",
            expected="a loop with an angle and an intensity",
        )
    return records_of_scans(raw, NAME, scans)


def _tokens(lines: Sequence[str]) -> Iterator[tuple[int, str, bool]]:
    """Line, token, and whether it was quoted."""
    i = 0
    while i < len(lines):
        line = lines[i]
        if line.startswith(";"):
            end = next((k for k in range(i + 1, len(lines)) if lines[k].startswith(";")), len(lines))
            yield i + 1, "\n".join((line[1:], *lines[i + 1 : end])).strip(), True
            rest = lines[end][1:] if end < len(lines) else ""
            i, line = end, rest
        if "'" not in line and '"' not in line and "#" not in line:
            for token in line.split():
                yield i + 1, token, False
        else:
            for match in _TOKEN.finditer(line):
                token = match[0]
                if token.startswith("#"):
                    break
                is_quoted = len(token) > 1 and token[0] in "'\"" and token[-1] == token[0]
                yield i + 1, token[1:-1] if is_quoted else token, is_quoted
        i += 1


def _blocks(raw: RawFile, lines: Sequence[str]) -> list[_Block]:
    blocks: list[_Block] = []
    loop: _Loop | None = None
    pending = ""
    for line, token, is_quoted in _tokens(lines):
        lower = "" if is_quoted else token[:6].lower()
        if lower.startswith("data_") and len(token) > 5:
            blocks.append(_Block(name=token[5:], line=line))
            loop, pending = None, ""
        elif not blocks:
            raise raw.broken(f"{quoted(token)} stands before the first data_ block", line=line)
        elif lower == "loop_" and len(token) == 5:
            loop, pending = _Loop(line), ""
            blocks[-1].loops.append(loop)
        elif lower.startswith("_"):
            if loop is not None and not loop.count:
                loop.names.append(token[1:].lower())
            else:
                loop, pending = None, token[1:].lower()
        elif loop is not None:
            if not loop.names:
                raise raw.broken("a loop has values and no names", line=line, expected="names that begin with '_'")
            loop.add(token.replace(_MARK, " "))
        elif pending:
            blocks[-1].items[pending] = token[:500]
            pending = ""
    return blocks


def _temperature(blocks: Sequence[_Block]) -> tuple[float, str, str] | None:
    for key in ("diffrn_ambient_temperature", "cell_measurement_temperature"):
        found = {match[1] for block in blocks if (match := _NUMBER.match(block.items.get(key, "")))}
        if len(found) == 1:
            (text,) = found
            return temperature_of(float(text), "K", "header", f"_{key} {text} K")
    return None


def _column(values: Sequence[str]) -> tuple[Array | None, bool]:
    """Numbers (NaN for ``?`` and ``.``) or None for words, and whether uncertainties were cut off."""
    try:
        plain = np.fromiter(map(float, values), dtype=np.float64, count=len(values))
        if np.all(np.isfinite(plain)) and not any("_" in text for text in values):
            return plain, False
    except ValueError:
        plain = np.empty(len(values))
    is_cut = False
    for i, text in enumerate(values):
        match = _NUMBER.match(text)
        if match is None and text not in ("?", "."):
            return None, False
        plain[i] = float(match[1]) if match else np.nan
        is_cut |= "(" in text
    return plain, is_cut


def _whole_column(pieces: Iterator[list[str]]) -> tuple[Array | None, bool]:
    found: list[Array] = []
    is_cut = False
    for piece in pieces:
        part, was_cut = _column(piece)
        if part is None:
            return None, False
        found.append(part)
        is_cut |= was_cut
    return np.concatenate(found), is_cut


def _range(header: dict[str, str], points: int) -> Array | None:
    """Angles of a loop without any, from the block's minimum and step."""
    ends = [_NUMBER.match(header.get(f"pd_meas_2theta_range_{word}", "")) for word in ("min", "max", "inc")]
    if ends[0] is None or ends[2] is None:
        return None
    start, step = float(ends[0][1]), float(ends[2][1])
    if ends[1] is not None and abs(start + step * (points - 1) - float(ends[1][1])) > 0.51 * abs(step):
        return None
    return np.asarray(start + step * np.arange(points), dtype=np.float64)


def _scan(raw: RawFile, block: _Block, loop: _Loop, header: dict[str, str]) -> Scan | None:
    names, line = loop.names, loop.line
    intensity = next((name for name in _INTENSITIES if name in names), "")
    angle = next((name for name in _ANGLES if name in names), "")
    if not intensity or not loop.count:
        return None
    if loop.count % len(names):
        raise raw.broken(
            f"the loop of {quoted(block.name)} has {loop.count} values for {len(names)} names", line=line,
            expected="whole rows", do="copy the file again from its source",
        )  # fmt: skip
    points = loop.count // len(names)
    columns: list[tuple[str, str, Array]] = []
    warnings: list[str] = []
    for k, name in enumerate(names):
        column, is_cut = _whole_column(loop.column(k))
        if column is None:
            if name in (angle, intensity):
                raise raw.broken(
                    f"the column _{name} of {quoted(block.name)} holds words", line=line, expected="numbers"
                )
            continue
        if is_cut:
            warnings.append(f"standard uncertainties in parentheses were cut off in _{name}")
        columns.append((name, next((unit for word, unit in _UNITS if word in name), ""), column))
    if not angle:
        made = _range(header, points)
        if made is None:
            return None
        angle = "pd_meas_2theta_range"
        columns.append((angle, "deg", made))
    columns.sort(key=lambda column: (column[0] != angle, column[0] != intensity))
    hints: tuple[Hint, ...] = ()
    if block.name.lower().endswith("_calc") or intensity.startswith("pd_calc_"):
        hints = (Hint(name="kind", value="not a measurement", unit="", source="header", text=block.name[-60:]),)
        warnings.append(
            f"the name of the block {quoted(block.name, longest=80)} says that this pattern is calculated, not measured"
        )
    announced = block.items.get("pd_proc_number_of_points", block.items.get("pd_meas_number_of_points", ""))
    if announced.isdigit() and int(announced) != points:
        warnings.append(f"the block announces {announced} points, its loop holds {points}")
    words = "counts" if "counts" in intensity else "intensity, not counts: its weight stands beside it if at all"
    return Scan(columns=tuple(columns), angle=angle, intensity=intensity, header={**header, "intensity": words}, warnings=tuple(warnings),
                line=line, hints=hints)  # fmt: skip


FORMAT = Format(name=NAME, title="powder pattern in CIF", extensions=(".cif", ".pdcif"), can_read=can_read, read=read)
