"""Symbols and units as a typesetter writes them: italic symbols, real primes and minus signs, powers as superscripts.

A label such as ``-Z''`` or ``sigma T`` comes in plain text; each door (matplotlib, HTML, LaTeX, terminal) has its own way to
set it. Nothing from a file is ever read as markup: what is not a known symbol stays literal.
"""

from __future__ import annotations

import html
import re

__all__ = [
    "axis_text",
    "html_label",
    "latex_escaped",
    "latex_unit",
    "mathtext_label",
    "mathtext_text",
    "number_text",
    "unit_text",
]

_SUPERSCRIPT = str.maketrans("0123456789-+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")
_UNIT_FACTOR = re.compile(r"([A-Za-zµμΩÅ°%]+)\^?(-?\d+)?")
_ASCII_UNIT = {"ohm": "Ω", "angstrom": "Å", "angstrom3": "Å3", "degC": "°C", "um": "µm", "1": "", "deg": "°"}

# A symbol: one or two letters standing alone, then primes, then a subscript. Words (ln, log, Re, Im) are longer or listed.
_SYMBOL = re.compile(
    r"(?<![A-Za-z°µ])(?P<symbol>[στρφθωεηχκλ]T|[A-Za-zστρφθωεηχκλ])(?![A-Za-z])"
    r"(?P<primes>[″′]?)(?:_(?:\{(?P<long>[^{}]+)\}|(?P<short>[A-Za-z0-9]+)))?"
)


def unit_text(unit: str) -> str:
    """``S/cm`` as ``S cm⁻¹``, ``g/cm3`` as ``g cm⁻³``, ``1`` as nothing; text that is no unit is left as it is.

    >>> unit_text("S/cm"), unit_text("Ω cm2"), unit_text("1/K"), unit_text("°C")
    ('S cm⁻¹', 'Ω cm²', 'K⁻¹', '°C')
    """
    factors = _factors(unit)
    if factors is None:
        return unit
    return " ".join(n + (str(p).translate(_SUPERSCRIPT) if p != 1 else "") for n, p in factors)


def latex_unit(unit: str) -> str:
    r"""A unit for LaTeX without packages: ``S\,cm$^{-1}$``."""
    factors = _factors(unit)
    if factors is None:
        return latex_escaped(unit)
    return r"\,".join(_latex_symbol(n) + (f"$^{{{p}}}$" if p != 1 else "") for n, p in factors)


def _latex_symbol(name: str) -> str:
    known = {"Ω": r"$\Omega$", "°C": r"$^{\circ}$C", "°": r"$^{\circ}$", "Å": r"\AA{}", "%": r"\%"}
    if name in known:
        return known[name]
    return name.replace("µ", r"$\mu$").replace("μ", r"$\mu$").replace("Ω", r"$\Omega$")


def _factors(unit: str) -> list[tuple[str, int]] | None:
    """The factors of a unit with their powers, or None when the text is not made of units."""
    if unit in ("", "1"):
        return []
    above, *below = unit.split("/")
    factors: list[tuple[str, int]] = []
    for sign, part in ((1, above), *((-1, piece) for piece in below)):
        for word in part.replace("·", " ").split():
            word = _ASCII_UNIT.get(word, word)
            if word in ("", "1"):
                continue
            match = _UNIT_FACTOR.fullmatch(word)
            if match is None:
                return None
            factors.append((match[1], sign * int(match[2] or 1)))
    return factors


def number_text(shown: str) -> str:
    """A number of :func:`~pelletry.core.quantity.bracketed` for the eye: ``8.77(14)e-4`` as ``8.77(14) × 10⁻⁴``."""
    number, space, unit = shown.partition(" ")
    mantissa, e, exponent = number.partition("e")
    if e:
        mantissa += " × 10" + str(int(exponent)).translate(_SUPERSCRIPT)
    return mantissa.replace("-", "−") + space + unit


def axis_text(label: str, unit: str) -> str:
    """Label and unit in plain Unicode, for places that have no markup."""
    shown = unit_text(unit)
    return plain_text(label) + (f" ({shown})" if shown else "")


def mathtext_label(label: str, unit: str = "") -> str:
    """Label and unit for matplotlib: symbols italic, powers as real superscripts, everything else literal."""
    pieces = []
    for is_symbol, text, subscript in _split(label):
        if not is_symbol:
            pieces.append(_literal(text))
            continue
        pieces.append(rf"$\mathit{{{text}}}" + (rf"_{{\mathrm{{{subscript}}}}}$" if subscript else "$"))
    factors = _factors(unit)
    if factors is None:
        pieces.append(f" ({_literal(unit)})")
    elif factors:
        set_units = [_literal(n) + (f"$^{{{_power(str(p))}}}$" if p != 1 else "") for n, p in factors]
        pieces.append(" (" + " ".join(set_units) + ")")
    return "".join(pieces)


def html_label(label: str, unit: str = "") -> str:
    """Label and unit in the small HTML that browsers and Plotly know; text is escaped."""
    pieces = []
    for is_symbol, text, subscript in _split(label):
        safe = html.escape(text, quote=False)
        pieces.append(f"<i>{safe}</i>" if is_symbol else safe)
        if subscript:
            pieces.append(f"<sub>{html.escape(subscript, quote=False)}</sub>")
    shown = unit_text(unit)
    return "".join(pieces) + (f" ({html.escape(shown, quote=False)})" if shown else "")


def _split(label: str) -> list[tuple[bool, str, str]]:
    """Pieces of a label: (is a symbol, text with real primes and signs, subscript)."""
    pieces: list[tuple[bool, str, str]] = []
    position = 0
    label = plain_text(label)
    for match in _SYMBOL.finditer(label):
        if match["symbol"] == "a" and label[: match.start()].strip() and not match["primes"]:
            continue  # the English article
        if match.start() > position:
            pieces.append((False, label[position : match.start()], ""))
        pieces.append((True, match["symbol"], ""))
        if match["primes"]:
            pieces.append((False, match["primes"], ""))
        if match["long"] or match["short"]:
            kind, text, _ = pieces.pop()
            pieces.append((kind, text, match["long"] or match["short"]))
        position = match.end()
    if position < len(label):
        pieces.append((False, label[position:], ""))
    return pieces


def plain_text(text: str) -> str:
    """Any text with real primes, minus signs and powers, in Unicode alone: ``10^4 Hz`` as ``10⁴ Hz``."""
    return re.sub(r"\^(-?\d+)", lambda m: m[1].translate(_SUPERSCRIPT), _plain_signs(text))


def _plain_signs(text: str) -> str:
    """Primes, and a minus before a number or a symbol that nothing stands before; a hyphen in a name stays one.

    Control characters and half letters (file names may hold both) become a visible replacement.
    """
    text = "".join(c if c.isprintable() else "\ufffd" if c.strip() else " " for c in text)
    return re.sub(r"(?<![\w.)^\-])-(?=\d|[^\W\d_](?![^\W\d_])|[|(])", "−", text.replace("''", "″").replace("'", "′"))


_POWERS = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+|\^-?\d+")
_FROM_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")


def _literal(text: str) -> str:
    """Foreign text inside a mathtext string; powers become real superscripts, a dollar stays a dollar."""
    safe = _plain_signs(text).replace("$", r"\$")
    return _POWERS.sub(lambda m: f"$^{{{_power(m[0])}}}$", safe)


def _power(text: str) -> str:
    return text.translate(_FROM_SUPERSCRIPT).lstrip("^").replace("-", "−")


def mathtext_text(text: str) -> str:
    """Any text for matplotlib, literal but for its powers and minus signs; free of markup when it has none."""
    text = _plain_signs(text)
    return _literal(text) if "$" in text or _POWERS.search(text) else text


_LATEX_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "−": "$-$",
    "–": "--",
    "×": r"$\times$",
    "°": r"$^{\circ}$",
    "σ": r"$\sigma$",
    "Ω": r"$\Omega$",
    "µ": r"$\mu$",
    "μ": r"$\mu$",
    "±": r"$\pm$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "ρ": r"$\rho$",
    "τ": r"$\tau$",
    "Å": r"\AA{}",
}


def latex_escaped(text: str) -> str:
    """Any text as LaTeX text: nothing in it is taken for a command; line breaks become spaces."""
    joined = "".join(_LATEX_SPECIAL.get(c, c) for c in " ".join(text.split()))
    return re.sub(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+", lambda m: f"$^{{{m[0].translate(_FROM_SUPERSCRIPT)}}}$", joined)
