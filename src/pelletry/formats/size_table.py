"""Size distributions of other instruments in text: Beckman Coulter LS and Multisizer (``.$ls .$av .#m4``), Horiba, Sympatec, Microtrac, CILAS and tables like them.

Built from public descriptions and readers of such files; **no file of ours**.

Coulter (``coulter-text``)
    Sections ``[#Bindiam]`` (edges in µm, one a line) and ``[#Binheight]`` (one value a class). Whole numbers are counts, so the result is by number; else they are
    volumes, in per cent or not: they are divided by their sum, and a warning says so unless it is 100. With as many heights as diameters the diameters are lower
    edges; a last class that holds something has no upper edge in the file and gets one of the same ratio as the class before, with a warning.
Tables (``size-table``)
    A column of sizes with its unit, rising or falling, and beside it a cumulative share (``UnderSize(%)``, ``Q3 / %``, ``%Pass``, ``Cum. < Volume``, ``Durchgang``, ``Passant``,
    ``Acumulado``, ``累积``) or a share of a class (``q(%)``, ``Diff. Volume``, ``%Chan``, ``Volume (%)``). Heads may stand in up to three lines, the units among them.
    The cumulative share is taken when there is one, since it says by itself where the classes begin and end; oversize is 100 % less. Shares up to 1 are fractions when no
    head says per cent. A first size below which there is something already gets a class of the same ratio as the next, with a warning. Without a cumulative
    share the edges are taken from heads (``lower``, ``upper``), else they stay unknown, as in ``mastersizer.py``.

Schema and header keys: those of ``mastersizer.py``. By number when the text says so, else by volume; a warning when it says neither.

Uncertainties: none in the files.

Refused: shares that are no numbers, sizes that go up and down, cumulative shares that do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import attrs
import numpy as np

from pelletry.core.arrays import Array
from pelletry.core.record import Record
from pelletry.formats.head_blocks import head_blocks
from pelletry.formats.long_rows import floats_of_lines
from pelletry.formats.mastersizer import can_read as is_mastersizer
from pelletry.formats.mastersizer_record import Distribution, record_of_distribution
from pelletry.formats.rawfile import RawFile
from pelletry.formats.registry import Format
from pelletry.formats.table_text import Block, read_blocks

__all__ = ["FORMATS", "records_of_blocks"]

_SIZE = re.compile(
    r"\b(?:diam(?:eter|etre|etro)?|size|particle ?size|particle diameter|channel ?diam\w*|x[0o]|xu|partikel(?:grosse|durchmesser)|korngrosse|teilchengrosse|"
    r"taille|tamano|granulometria|dimensione|klassengrenze|size ?class\w*)\b|粒径|粒度|粒子径|размер|диаметр"
)
_UNIT = re.compile(r"(?<![a-z])(µm|um|microns?|micrometers?|nm|mm|мкм|微米)(?![a-z])")
_UNDER = re.compile(
    r"under ?size|\bcum|% ?pass|\bpass(?:ing|ant)?\b|\bq[0123]\b ?(?!\(?lg)|durchgang|summe|finer|below|acumulad|<|累[积積]|累計|通過|прохо"
)
_OVER = re.compile(r"over ?size|retained|residue|ruckstand|refus|cum\w*\.? ?>|\babove\b")
_SHARE = re.compile(
    r"\bq ?\(? ?%|\bq[0123]? ?lg|diff|freq|vol(?:um[e\w]*)?\b|% ?chan|\bin ?%|density|dichte|haufigkeit|interval|频率|頻度|区间|微分|体积|%|fraction|anteil|процент"
)
_NUMBER = re.compile(r"\b(?:number|anzahl|nombre|numero|count)\b|\bq0\b|个数|個数", re.IGNORECASE)
_VOLUME = re.compile(r"\bvol(?:um)?|\bq3\b|体积|体積|mass\b|masse", re.IGNORECASE)
_HINT_WORDS = (
    "diam",
    "size",
    "x0",
    "xo",
    "größe",
    "grosse",
    "taille",
    "tama",
    "粒",
    "durchmesser",
    "размер",
    "диаметр",
)
_UNIT_WORDS = ("µm", "μm", "um", "micro", "nm", "mm", "мкм", "微米", "㎛")
_FEWEST, _SMALLEST_RATIO = 8, 3.0
_STATED = (
    ("instrument d10 [µm]", re.compile(r"^(?:d|x|dv) ?_?\(?10\)?(?!\d)|^d ?\((?:v, ?)?0[.,]1\)")),
    ("instrument d50 [µm]", re.compile(r"^median\b|^(?:d|x|dv) ?_?\(?50\)?(?!\d)|^d ?\((?:v, ?)?0[.,]5\)")),
    ("instrument d90 [µm]", re.compile(r"^(?:d|x|dv) ?_?\(?90\)?(?!\d)|^d ?\((?:v, ?)?0[.,]9\)")),
)


@attrs.frozen(kw_only=True)
class _Roles:
    """Columns by what they are; ``under`` is cumulative from below, ``over`` from above; ``edge`` is ``lower``, ``upper`` or empty."""

    size: int
    unit: str
    under: int | None
    over: int | None
    share: int | None
    edge: str
    is_percent: bool
    words: str


def _folded(text: str) -> str:
    spelled = unicodedata.normalize("NFKC", text).replace("ß", "ss").replace("μ", "µ").lower()
    plain = "".join(c for c in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", plain.replace("μ", "µ"))


def _heads(block: Block) -> list[str]:
    """What stands above each column, in up to three lines of as many cells."""
    width = block.values.shape[1]
    rows = [block.names, block.units]
    for _, line in block.before[-3:]:
        for separator in ("\t", ";", ",", r"\s{2,}"):
            cells = [cell.strip().strip('"') for cell in re.split(separator, line.strip())]
            if len(cells) == width:
                rows.append(tuple(cells))
                break
    return [_folded(" ".join(dict.fromkeys(row[k] for row in rows if k < len(row)))) for k in range(width)]


def _roles(block: Block) -> _Roles | None:
    """The columns of a size distribution, None when the block is none."""
    heads = _heads(block)
    if len(block.values) < _FEWEST or block.values.shape[1] > 60:
        return None
    sizes = [k for k, head in enumerate(heads) if _SIZE.search(head) and not ("%" in head and not _UNIT.search(head))]
    for size in sizes:
        unit = _UNIT.search(heads[size])
        x = block.values[:, size]
        if unit is None or not _is_size(x):
            continue
        others = [k for k in range(len(heads)) if k != size]
        over = next((k for k in others if _OVER.search(heads[k])), None)
        under = next(
            (k for k in others if k != over and _UNDER.search(heads[k]) and _is_cumulative(block.values[:, k], x)), None
        )
        if over is not None and not _is_cumulative(block.values[:, over], -x):
            over = None
        shares = [k for k in others if k not in (over, under, *sizes) and _SHARE.search(heads[k])]
        share = next((k for k in shares if _adds_up(block.values[:, k])), None)
        if under is None and over is None and share is None:
            continue
        edge = "lower" if "lower" in heads[size] else "upper" if "upper" in heads[size] else ""
        taken = under if under is not None else over if over is not None else share
        return _Roles(
            size=size, unit=unit[1], under=under, over=over, share=share, edge=edge,
            is_percent=any("%" in head for head in heads), words=heads[taken] if taken is not None else "",
        )  # fmt: skip
    return None


def _is_size(x: Array) -> bool:
    if not np.all(np.isfinite(x)) or np.any(x <= 0):
        return False
    steps = np.diff(x)
    return bool((np.all(steps > 0) or np.all(steps < 0)) and x.max() / x.min() >= _SMALLEST_RATIO)


def _is_cumulative(share: Array, x: Array) -> bool:
    """Shares that rise with the size from nothing to everything, in per cent or as a fraction."""
    there = np.isfinite(share)
    values = share[there] if x[-1] > x[0] else share[there][::-1]
    if values.size < _FEWEST or np.any(np.diff(values) < -1e-6 * max(values.max(), 1e-9)):
        return False
    top = float(values.max())
    return bool(values.min() >= 0 and (99.0 <= top <= 100.5 or 0.99 <= top <= 1.005))


def _adds_up(share: Array) -> bool:
    values = share[np.isfinite(share)]
    total = float(values.sum())
    return bool(values.size >= _FEWEST and np.all(values >= 0) and (99.0 <= total <= 101.0 or 0.99 <= total <= 1.01))


def _can_read_table(raw: RawFile) -> bool:
    text = raw.head_text[:40_000]
    small = text[:8000].lower()
    if not any(word in small for word in _HINT_WORDS) or not any(word in small for word in _UNIT_WORDS):
        return False
    if text.lstrip().startswith("<") or is_mastersizer(raw):
        return False
    return any(_roles(block) is not None for block in head_blocks(raw))


def _read_table(raw: RawFile) -> Sequence[Record]:
    records = records_of_blocks(raw, read_blocks(raw))
    if not records:
        raise raw.broken(
            "the sizes or the cumulative shares go up and down",
            expected="sizes in order and shares from 0 to 100 %",
        )
    return records


def records_of_blocks(raw: RawFile, blocks: Sequence[Block]) -> list[Record]:
    """The size distributions among the tables of a text or a sheet, none when none is one."""
    return [_record(raw, block, roles) for block in blocks if (roles := _roles(block)) is not None]


def _record(raw: RawFile, block: Block, roles: _Roles) -> Record:
    lines = [text for _, text in block.before]
    header = _entries(lines)
    words = " ".join(lines)
    warnings: list[str] = []
    basis = (
        "Number"
        if _NUMBER.search(roles.words) or (_NUMBER.search(words) and not _VOLUME.search(roles.words + words))
        else "Volume"
    )
    if basis == "Volume" and not _VOLUME.search(roles.words + " " + words):
        warnings.append("the file does not say whether the shares are by volume or by number: taken as by volume")
    header["Result transform type"] = basis
    order = np.argsort(block.values[:, roles.size])
    sizes = block.values[order, roles.size]
    unit = {"micron": "um", "microns": "um", "micrometer": "um", "micrometers": "um", "мкм": "um", "微米": "um"}.get(
        roles.unit, roles.unit
    )
    edges, percent, unknown = _classes(block.values[order], roles, sizes, warnings)
    one = Distribution(
        line=block.first_line, edges=tuple(edges), unit=unit, percent=tuple(percent), header=header, edges_unknown=unknown,
    )  # fmt: skip
    return record_of_distribution(raw, "size-table", one, warnings=tuple(warnings))


def _classes(table: Array, roles: _Roles, sizes: Array, warnings: list[str]) -> tuple[list[float], list[float], str]:
    """Edges and percentages, and why the edges are not known when they are not."""
    column = roles.under if roles.under is not None else roles.over
    if column is None:
        share = np.nan_to_num(table[:, roles.share if roles.share is not None else 0])
        share = share * (100.0 if share.sum() < 2.0 else 1.0)
        ratio = float(sizes[1] / sizes[0])
        if roles.edge == "lower":
            if share[-1] > 0:
                warnings.append(
                    "the last class has no upper edge in the table: the ratio of the class before was taken"
                )
            return [*sizes, float(sizes[-1] * sizes[-1] / sizes[-2])], [*share], ""
        if roles.edge == "upper":
            return [float(sizes[0] / ratio), *sizes], [*share], ""
        return [*sizes], [*share], "the file does not say whether a size is the lower or the upper edge of its class"
    there = np.isfinite(table[:, column])
    sizes, under = sizes[there], table[there, column]
    if under.max() <= 1.005 and not roles.is_percent:
        under = under * 100.0
        warnings.append("the cumulative shares end at 1: they are fractions")
    if roles.under is None:
        under = 100.0 - under
    edges, percent = [*map(float, sizes)], [*map(float, np.diff(under))]
    if under[0] > 1e-9:
        edges.insert(0, float(sizes[0] * sizes[0] / sizes[1]))
        percent.insert(0, float(under[0]))
        warnings.append(
            f"{under[0]:.3g} % lie below the first size {sizes[0]:g}: they were put into a class from {edges[0]:.4g}"
        )
    warnings.append("the classes are the differences of the cumulative shares")
    return edges, [max(value, 0.0) for value in percent], ""


def _entries(lines: Sequence[str]) -> dict[str, str]:
    """The entries ``key: value`` above a table, and the percentiles among them under the keys of all readers."""
    header: dict[str, str] = {}
    for line in lines:
        match = re.match(r'\s*"?([^:=,;\t"]{1,60}?)"?\s*[:=,;\t]+\s*"?([^"]*?)"?[\s,;]*$', line)
        if match and match[2]:
            header.setdefault(match[1].strip(), match[2].strip())
    for name, text in list(header.items()):
        fact = next((key for key, pattern in _STATED if pattern.search(_folded(name))), "")
        number = re.search(r"\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?", text)
        if fact and number and fact not in header:
            value = float(number[0].replace(",", ".")) * (1e-3 if re.search(r"\bnm\b", f"{name} {text}") else 1.0)
            header[fact] = f"{value:.10g}"
        folded = _folded(name)
        if (
            folded.startswith(("sample", "probe", "echantillon", "muestra", "样品"))
            and "id" not in header
            and "Sample Name" not in header
        ):
            header["Sample Name"] = text
        if "refractive" in folded and "particle" in folded:
            header.setdefault("particle refractive index", text)
    return header


_SECTION = re.compile(r"^\[(#?[\w $.()-]+)\]\s*$")


def _is_coulter(raw: RawFile) -> bool:
    text = raw.head_text
    return "[#Bindiam]" in text and text.lstrip().startswith("[")


def _read_coulter(raw: RawFile) -> Sequence[Record]:
    sections: dict[str, tuple[int, list[str]]] = {}
    name = ""
    for number, text in enumerate(raw.text().lines, start=1):
        match = _SECTION.match(text)
        if match:
            name = match[1]
            sections.setdefault(name, (number, []))
        elif text.strip() and name:
            sections[name][1].append(text)
    diameters, _ = _numbers(raw, sections, "#Bindiam")
    heights, line = _numbers(raw, sections, "#Binheight")
    if diameters.size < _FEWEST or np.any(diameters <= 0) or np.any(np.diff(diameters) <= 0):
        raise raw.broken("the diameters of [#Bindiam] do not rise", line=line, expected="edges in µm")
    if heights.size not in (diameters.size, diameters.size - 1) or np.any(heights < 0) or heights.sum() <= 0:
        raise raw.broken(
            f"{diameters.size} diameters and {heights.size} heights", line=line, expected="one height a class"
        )
    warnings: list[str] = []
    edges = [*map(float, diameters)]
    if heights.size == diameters.size:
        if heights[-1] == 0:
            heights = heights[:-1]
        else:
            edges.append(edges[-1] * edges[-1] / edges[-2])
            warnings.append(
                f"the last class has no upper edge in the file: {edges[-1]:.4g} µm was taken, the ratio of the class before"
            )
    total = float(heights.sum())
    is_number = bool(np.all(heights == np.round(heights)) and total > 200)
    if abs(total - 100.0) > 0.5:
        what = "counts" if is_number else "heights"
        warnings.append(f"the {what} of the classes add up to {total:.6g}: they were divided by their sum")
        heights = heights * (100.0 / total)
    header = {key: value for _, lines in sections.values() for key, value in _pairs(lines)}
    header["Result transform type"] = "Number" if is_number else "Volume"
    for own, key in (
        ("Median", "instrument d50 [µm]"),
        ("Obs", "obscuration [%]"),
        ("SampleID", "Sample Name"),
        ("SAMPLEID", "Sample Name"),
    ):
        if own in header:
            header.setdefault(key, header[own])
    one = Distribution(line=line, edges=tuple(edges), unit="um", percent=tuple(map(float, heights)), header=header)
    return [record_of_distribution(raw, "coulter-text", one, warnings=tuple(warnings))]


def _pairs(lines: Sequence[str]) -> list[tuple[str, str]]:
    found = [(key.strip(), value.strip()) for key, mark, value in (line.partition("=") for line in lines) if mark]
    return [(key, value) for key, value in found[:200] if key and value]


def _numbers(raw: RawFile, sections: dict[str, tuple[int, list[str]]], name: str) -> tuple[Array, int]:
    line, rows = sections.get(name, (1, []))
    try:
        return floats_of_lines([row.replace(",", ".") for row in rows]), line + 1
    except ValueError as error:
        raise raw.broken(f"[{name}] is not made of numbers ({str(error)[:60]})", line=line + 1) from None


FORMATS = (
    Format(
        name="coulter-text", title="Beckman Coulter size distribution ([#Bindiam])", extensions=(".$ls", ".$av", ".#m4"),
        can_read=_is_coulter, read=_read_coulter,
    ),
    Format(
        name="size-table", title="table of a size distribution (Horiba, Sympatec, Microtrac, ...)", extensions=(".csv", ".txt"),
        can_read=_can_read_table, read=_read_table,
    ),
)  # fmt: skip
