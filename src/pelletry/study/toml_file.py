"""A TOML file with the line of every key, so that a mistake can be named as ``study.toml:12: impedance.circut``.

The standard library's reader gives values without their places. The places are found by a second look at the text: table
heads, keys and arrays of tables. A key inside an inline table or a multi-line array has the line of the key that holds it.
"""

from __future__ import annotations

import difflib
import re
import sys
import typing
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from pelletry.core.errors import Mistake, quoted

if sys.version_info >= (3, 11):
    import tomllib
else:  # the same reader under its name before it entered the standard library
    import tomli as tomllib

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

__all__ = ["KeyPath", "TomlFile", "did_you_mean", "inner_model", "mistakes_of_validation", "read_toml", "unknown_key"]

KeyPath = tuple[str | int, ...]
_LIMIT_BYTES = 16 * 1024 * 1024


@attrs.frozen(kw_only=True)
class TomlFile:
    """The data of a file and the line of each key. ``shown`` is the name used in messages."""

    shown: str
    data: Mapping[str, Any]
    lines: Mapping[KeyPath, int]

    def line(self, path: KeyPath) -> int | None:
        """The line of a key, or of the nearest thing that holds it."""
        return next((self.lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.lines), None)

    def where(self, path: KeyPath) -> str:
        """``study.toml:12: impedance.circuit``."""
        line = self.line(path)
        place = self.shown if line is None else f"{self.shown}:{line}"
        return f"{place}: {_dotted(path)}" if path else place


def read_toml(path: Path, *, shown: str, mistakes: list[Mistake]) -> TomlFile | None:
    """The file, or None after noting in ``mistakes`` why it cannot be read."""
    try:
        if path.stat().st_size > _LIMIT_BYTES:
            mistakes.append(Mistake(what="the file is larger than 16 MB", where=shown, expected="a short text"))
            return None
        content = path.read_bytes()
    except FileNotFoundError:
        mistakes.append(
            Mistake(
                what="there is no such file", where=shown, do=f"write one, or draft it with 'pelletry new' ({path})"
            )
        )
        return None
    except OSError as error:
        mistakes.append(Mistake(what=f"the file cannot be read ({error.strerror})", where=shown))
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        mistakes.append(Mistake(what="the file is not UTF-8 text", where=f"{shown}:{line}", do="save it as UTF-8"))
        return None
    text = text.replace("\r\n", "\n")
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        mistakes.append(_syntax_mistake(str(error), shown, text))
        return None
    return TomlFile(shown=shown, data=data, lines=_lines_of_keys(text))


def _syntax_mistake(message: str, shown: str, text: str) -> Mistake:
    found = re.search(r"\(at line (\d+), column (\d+)\)", message)
    if found is None:
        number = text.count("\n") + 1 if "end of document" in message else None
        return Mistake(what=message, where=shown if number is None else f"{shown}:{number}", expected="TOML")
    number = int(found[1])
    lines = text.split("\n")
    line = lines[number - 1].strip() if number <= len(lines) else ""
    what = message[: found.start()].strip().rstrip(".")
    return Mistake(
        what=f"{what} in {quoted(line)}" if line else what,
        where=f"{shown}:{number}",
        expected='a line like key = "value"',
        do="put quotation marks around texts and around numbers with a unit",
    )


_KEY_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED_KEY = rf"{_KEY_PART}(?:\s*\.\s*{_KEY_PART})*"
_ARRAY_HEAD = re.compile(rf"^\s*\[\[\s*({_DOTTED_KEY})\s*\]\]")
_HEAD = re.compile(rf"^\s*\[\s*({_DOTTED_KEY})\s*\]")
_ASSIGNMENT = re.compile(rf"^\s*({_DOTTED_KEY})\s*=\s*(.*)$")


def _parts(dotted: str) -> tuple[str, ...]:
    # The reader itself takes the quotation marks and escapes off.
    return tuple(next(iter(tomllib.loads(f"{part} = 1"))) for part in re.findall(_KEY_PART, dotted))


def _lines_of_keys(text: str) -> dict[KeyPath, int]:
    lines: dict[KeyPath, int] = {}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for number, line in _logical_lines(text):
        if head := _ARRAY_HEAD.match(line):
            name = _with_indexes(_parts(head[1]), counts)
            counts[name] = counts.get(name, -1) + 1
            lines.setdefault(name, number)
            table = (*name, counts[name])
            lines[table] = number
        elif head := _HEAD.match(line):
            table = _with_indexes(_parts(head[1]), counts, whole=True)
            lines.setdefault(table, number)
        elif assignment := _ASSIGNMENT.match(line):
            parts = _parts(assignment[1])
            for n in range(1, len(parts) + 1):
                lines.setdefault((*table, *parts[:n]), number)
    return lines


def _with_indexes(parts: Sequence[str], counts: Mapping[KeyPath, int], *, whole: bool = False) -> KeyPath:
    """``[sample.size]`` after two ``[[sample]]`` means the second of them."""
    path: KeyPath = ()
    for n, part in enumerate(parts):
        path = (*path, part)
        if path in counts and (whole or n < len(parts) - 1):
            path = (*path, counts[path])
    return path


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines on which a head or a key can stand: not those inside a multi-line text or array."""
    depth, inside = 0, ""
    for number, line in enumerate(text.split("\n"), start=1):
        begins_fresh = depth == 0 and not inside
        if begins_fresh:
            yield number, line
            if _ARRAY_HEAD.match(line) or _HEAD.match(line):
                continue
            assignment = _ASSIGNMENT.match(line)
            line = assignment[2] if assignment else ""
        depth, inside = _scan(line, depth, inside)


_TOKEN = re.compile(r'"""|\'\'\'|"(?:[^"\\]|\\.)*"|\'[^\']*\'|#|[\[\]{}]')


def _scan(line: str, depth: int, inside: str) -> tuple[int, str]:
    position = 0
    while position < len(line):
        if inside:
            end = line.find(inside, position)
            while inside == '"""' and end > 0 and line[end - 1] == "\\":
                end = line.find(inside, end + 1)
            if end < 0:
                return depth, inside
            position, inside = end + 3, ""
            continue
        token = _TOKEN.search(line, position)
        if token is None or token[0] == "#":
            return depth, inside
        position = token.end()
        if token[0] in ('"""', "'''"):
            inside = token[0]
        elif token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth = max(0, depth - 1)
    return depth, inside


def _dotted(path: KeyPath) -> str:
    shown = ""
    for part in path:
        if isinstance(part, int):
            shown += f"[{part + 1}]"
        else:
            plain = part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else f'"{part}"'
            shown += f".{plain}" if shown else plain
    return shown


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean circuit?`` or nothing."""
    spelled = {one.lower(): one for one in known}
    close = difflib.get_close_matches(word.lower(), list(spelled), n=1, cutoff=0.6)
    return f"did you mean {spelled[close[0]]}?" if close else ""


def unknown_key(word: str, known: Iterable[str], *, where: str) -> Mistake:
    """The mistake of a key that nobody reads."""
    listed = sorted(known)
    return Mistake(
        what="unknown key",
        where=where,
        expected=f"one of {', '.join(listed)}" if listed else "no key here",
        do=did_you_mean(word, listed),
    )


def mistakes_of_validation(
    error: ValidationError,
    *,
    file: TomlFile,
    model: type[BaseModel],
    at: KeyPath = (),
    leave_out: Collection[KeyPath] = (),
) -> list[Mistake]:
    """Every mistake that pydantic found, with the line of its key; ``at`` is the path of the model in the file.

    ``leave_out`` are the paths of fields whose mistake is noted already.
    """
    found: list[dict[str, Any]] = [dict(one) for one in error.errors(include_url=False)]
    return [_mistake(one, file, model, at) for one in found if (*at, *one["loc"]) not in leave_out]


def _mistake(one: Mapping[str, Any], file: TomlFile, model: type[BaseModel], at: KeyPath) -> Mistake:
    inner = tuple(part for part in one["loc"] if isinstance(part, int) or not part.startswith("function-"))
    path: KeyPath = (*at, *inner)
    kind = one["type"]
    if kind == "extra_forbidden":
        return unknown_key(str(inner[-1]), _keys(model, inner[:-1]), where=file.where(path))
    if kind == "missing":
        return Mistake(
            what=f"the key {inner[-1]} is missing", where=file.where(path[:-1]), do=f"add a line {inner[-1]} = …"
        )
    message = str(one["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    message = message[:1].lower() + message[1:] if message.startswith(("Input", "String", "List", "Tuple")) else message
    shown = one.get("input")
    if isinstance(shown, str | int | float) and str(shown) not in message:
        message = f"{quoted(shown)}: {message}"
    return Mistake(what=message.rstrip("."), where=file.where(path))


def _keys(model: type[BaseModel], loc: KeyPath) -> list[str]:
    """The keys that the (nested) model at ``loc`` knows."""
    here: Any = model
    for part in loc:
        fields = getattr(here, "model_fields", None)
        if fields is not None and part in fields:
            here = fields[part].annotation
        here = inner_model(here) or here
    return sorted(getattr(here, "model_fields", {}))


def inner_model(annotation: Any) -> Any:
    """The model inside ``tuple[M, ...]``, ``dict[str, M]`` or ``M | None``."""
    if hasattr(annotation, "model_fields"):
        return annotation
    return next((m for a in typing.get_args(annotation) if (m := inner_model(a)) is not None), None)
