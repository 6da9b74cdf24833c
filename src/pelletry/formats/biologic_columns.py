"""The columns of EC-Lab files: which number in a binary file means which quantity, and how a text heading is split.

A binary file (:mod:`pelletry.formats.biologic_mpr`) names its columns by numbers. What a number means was collected by
laying binary files next to EC-Lab's own text exports of the same runs (``CHECKED``: the exported values agree to 1e-6, or the
column obeys an identity such as ``|Z|^2 = Re(Z)^2 + Im(Z)^2`` in a real file) and, for the others, from what is publicly known
about the format. Names and units are the words that EC-Lab prints. Where two meanings of one number are known
(:data:`OTHER_MEANINGS`), the length of a record decides.

Some programs list numbers below 256 such as 182 or 211 for what is 438 or 467 here: they take the two bytes of a number apart
or start one byte too early. Such numbers have not been seen in files and are left out on purpose.
"""

from __future__ import annotations

import re

import attrs

__all__ = ["CHECKED", "COLUMNS", "FLAGS", "NAMES", "OTHER_MEANINGS", "UNITS", "Flag", "Stored", "split_heading"]


@attrs.frozen(kw_only=True)
class Stored:
    """One column as it lies in a record: its name, unit and numpy type."""

    name: str
    unit: str
    dtype: str


@attrs.frozen(kw_only=True)
class Flag:
    """A few bits of the one byte that all flags share."""

    name: str
    mask: int
    shift: int


FLAGS: dict[int, Flag] = {
    1: Flag(name="mode", mask=0x03, shift=0),
    2: Flag(name="ox/red", mask=0x04, shift=2),
    3: Flag(name="error", mask=0x08, shift=3),
    21: Flag(name="control changes", mask=0x10, shift=4),
    31: Flag(name="Ns changes", mask=0x20, shift=5),
    65: Flag(name="counter inc.", mask=0x80, shift=7),
}

_DOUBLE, _SINGLE = "<f8", "<f4"


def _stored(heading: str, dtype: str) -> Stored:
    name, unit = split_heading(heading)
    return Stored(name=name, unit=unit, dtype=dtype)


def _run(first: int, dtype: str, *headings: str) -> dict[int, Stored]:
    """Consecutive numbers of one type; an empty heading leaves its number out."""
    return {first + i: _stored(heading, dtype) for i, heading in enumerate(headings) if heading}


#: What stands behind a slash at the end of a heading and is a unit, longest first.
UNITS: tuple[str, ...] = tuple(
    sorted(
        (
            *(
                "s",
                "h",
                "V",
                "mV",
                "µV",
                "A",
                "mA",
                "µA",
                "nA",
                "V/mA",
                "V/s",
                "mV/s",
                "W",
                "mW",
                "Hz",
                "deg",
                "°C",
                "%",
            ),
            *("Ohm", "ohm", "kOhm", "MOhm", "Ohm-1", "Ohm.cm", "S", "mS", "mS/cm", "S/cm", "F", "mF", "µF", "nF", "pF"),
            *("µF-2", "F-2", "C", "mC", "mA.h", "A.h", "µA.h", "mA.h/g", "W.h", "mW.h", "µW.h", "mA/cm²", "A/m²"),
            *("C/V", "F/g", "W/g", "Ohm.cm²", "rpm", "bar", "M", "min", "rad", "dB", "V²/Hz", "A²/Hz"),
        ),
        key=len,
        reverse=True,
    )
)
_SPLIT = re.compile("^(.+?)\\s*/\\s*(" + "|".join(re.escape(unit) for unit in UNITS) + ")$")
_MICRO = str.maketrans({"μ": "µ"})  # the Greek letter and the micro sign look alike


def split_heading(heading: str) -> tuple[str, str]:
    """Name and unit of a heading, split at EC-Lab's slash.

    >>> split_heading("-Im(Z)/Ohm"), split_heading("Q charge/discharge/mA.h"), split_heading("ox/red")
    (('-Im(Z)', 'Ohm'), ('Q charge/discharge', 'mA.h'), ('ox/red', ''))
    """
    heading = heading.strip().translate(_MICRO)
    match = _SPLIT.match(heading)
    return (match[1], match[2]) if match else (heading, "")


def _harmonics(of: str, unit: str) -> tuple[str, ...]:
    return tuple(f"|{of} h{order}|/{unit}" for order in range(2, 8))


#: Number -> quantity, for EC-Lab 10 and later.
COLUMNS: dict[int, Stored] = {
    **_run(4, _DOUBLE, "time/s", "", "", "dq/mA.h"),
    **_run(5, _SINGLE, "control/V/mA", "Ewe/V", "", "I/mA", "Ece/V"),
    **_run(11, _DOUBLE, "<I>/mA", "", "(Q-Qo)/mA.h"),
    **_run(16, _SINGLE, "Analog IN 1/V", "Analog IN 2/V", "", "control/V", "control/mA"),
    **_run(23, _DOUBLE, "dQ/mA.h", "cycle number"),
    **_run(26, _SINGLE, "Rapp/Ohm", "Ewe-Ece/V"),
    **_run(32, _SINGLE, "freq/Hz", "|Ewe|/V", "|I|/A", "Phase(Z)/deg", "|Z|/Ohm", "Re(Z)/Ohm", "-Im(Z)/Ohm"),
    **_run(39, "<u2", "I Range"),
    **_run(69, _SINGLE, "R/Ohm", "P/W"),
    **_run(74, _DOUBLE, "|Energy|/W.h"),
    **_run(75, _SINGLE, "Analog OUT/V", "<I>/mA", "<Ewe>/V", "Cs-2/µF-2"),
    **_run(96, _SINGLE, "|Ece|/V", "", "Phase(Zce)/deg", "|Zce|/Ohm", "Re(Zce)/Ohm", "-Im(Zce)/Ohm"),
    **_run(123, _DOUBLE, "Energy charge/W.h", "Energy discharge/W.h"),
    **_run(125, _DOUBLE, "Capacitance charge/µF", "Capacitance discharge/µF"),
    **_run(131, "<u2", "Ns"),
    **_run(163, _SINGLE, "|Estack|/V"),
    **_run(168, _SINGLE, "Rcmp/Ohm", "Cs/µF", "", "", "Cp/µF", "Cp-2/µF-2", "<Ewe>/V"),
    **_run(271, _SINGLE, "Phase(Z1)/deg", "Phase(Z2)/deg"),
    **_run(301, _SINGLE, "|Z1|/Ohm", "|Z2|/Ohm"),
    **_run(331, _SINGLE, "Re(Z1)/Ohm", "Re(Z2)/Ohm"),
    **_run(361, _SINGLE, "-Im(Z1)/Ohm", "-Im(Z2)/Ohm"),
    **_run(391, _SINGLE, "<E1>/V", "<E2>/V"),
    **_run(422, _SINGLE, "Phase(Zstack)/deg", "|Zstack|/Ohm", "Re(Zstack)/Ohm", "-Im(Zstack)/Ohm", "<Estack>/V"),
    **_run(430, _SINGLE, "Phase(Zwe-ce)/deg", "|Zwe-ce|/Ohm", "Re(Zwe-ce)/Ohm", "-Im(Zwe-ce)/Ohm"),
    **_run(434, _SINGLE, "(Q-Qo)/C", "dQ/C"),
    **_run(438, _DOUBLE, "step time/s"),
    **_run(441, _SINGLE, "<Ece>/V"),
    **_run(462, _SINGLE, "Temperature/°C"),
    **_run(467, _DOUBLE, "Q charge/discharge/mA.h"),
    **_run(468, "<u4", "half cycle", "z cycle"),
    **_run(471, _SINGLE, "<Ece>/V", "", "THD Ewe/%", "THD I/%", "THD Ece/%", "NSD Ewe/%", "NSD I/%", "NSD Ece/%"),
    **_run(479, _SINGLE, "NSR Ewe/%", "NSR I/%", "NSR Ece/%"),
    **_run(486, _SINGLE, *_harmonics("Ewe", "V"), *_harmonics("I", "A"), *_harmonics("Ece", "V")),
    **_run(505, _SINGLE, "Rdc/Ohm"),
    **_run(509, "|u1", "Acir/Dcir Control"),
    **_run(883, _DOUBLE, "Energy ce charge/W.h", "Energy ce discharge/W.h"),
}

#: A second meaning of a number, taken when the record is too long or too short for the first.
OTHER_MEANINGS: dict[int, Stored] = _run(
    498, _DOUBLE, "Q charge/mA.h", "Q discharge/mA.h", "step time/s", "Efficiency/%", "Capacity/mA.h"
)

#: Numbers whose meaning was checked on a real file against an export of the same run or against an identity.
CHECKED: frozenset[int] = frozenset(
    {*FLAGS, 4, 6, 7, 8, 13, 20, 24, *range(32, 40), 70, 74, 76, 77, 98, 99, 100, 101, 123, 131, 169, 172, 174}
    | {*range(430, 436), 441, 467, 468, 469, 473, 474, 476, 477, 479, 480, *range(486, 498)}
)

#: Headings of EC-Lab's exports that the program computes and never stores, besides those of the table above.
_COMPUTED = (
    *(
        "x",
        "Capacity",
        "Efficiency",
        "Q charge",
        "Q discharge",
        "Re(Y)",
        "Im(Y)",
        "|Y|",
        "Phase(Y)",
        "Re(C)",
        "Im(C)",
        "|C|",
    ),
    *(
        "Phase(C)",
        "Re(M)",
        "Im(M)",
        "|M|",
        "Phase(M)",
        "Rwe",
        "Rce",
        "Rwe-ce",
        "Pwe",
        "Pce",
        "Pwe-ce",
        "log(freq)",
        "log(|Z|)",
    ),
    *(
        "Energy",
        "Energy we charge",
        "Energy we discharge",
        "Energy we-ce charge",
        "Energy we-ce discharge",
        "Im(Z)",
        "Time",
    ),
)
#: Every column name EC-Lab is known to write; tells its bare text exports from other tables.
NAMES: frozenset[str] = frozenset(
    {stored.name for stored in (*COLUMNS.values(), *OTHER_MEANINGS.values())}
    | {flag.name for flag in FLAGS.values()}
    | set(_COMPUTED)
)
