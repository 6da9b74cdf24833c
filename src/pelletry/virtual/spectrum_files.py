"""Spectra written in two vendors' layouts: BioLogic EC-Lab text (.mpt) and Solartron ZPlot (.z).

Only what the layouts need is written; each header carries a comment line that the spectrum is simulated. The headers keep the
programs' own defaults (area 0.001 cm2) because real files do, and a reader must not take them for measurements.
"""

from __future__ import annotations

import numpy as np

from pelletry.core.arrays import Array, ComplexArray

__all__ = ["mpt_text", "z_text"]

_MPT_COLUMNS = (
    "freq/Hz",
    "Re(Z)/Ohm",
    "-Im(Z)/Ohm",
    "|Z|/Ohm",
    "Phase(Z)/deg",
    "time/s",
    "<Ewe>/V",
    "<I>/mA",
    "cycle number",
)


def mpt_text(
    *, frequency_Hz: Array, impedance_ohm: ComplexArray, comment: str, has_decimal_comma: bool = False
) -> bytes:
    """An EC-Lab ASCII file of one potentio-impedance sweep: CRLF, cp1252, three-digit exponents, -Im(Z)."""
    head = [
        "Potentio Electrochemical Impedance Spectroscopy",
        "",
        "Run on channel : 1 (SN 00000)",
        "User : ",
        "Ewe ctrl range : min = -2,50 V, max = 2,50 V"
        if has_decimal_comma
        else "Ewe ctrl range : min = -2.50 V, max = 2.50 V",
        "Acquisition started on : 01/02/2023 10:00:00",
        "Saved on :",
        "\tFile : simulated.mpr",
        "Device : virtual spectrometer",
        f"Comments : {comment}",
        "Electrode surface area : 0.001 cm\u00b2",
        "Characteristic mass : 0.001 g",
        "Mode                Single sine         ",
        "Va (mV)             20.0                ",
        "",
    ]
    lines = [
        "EC-Lab ASCII FILE",
        f"Nb header lines : {len(head) + 4}                          ",
        "",
        *head,
        "\t".join(_MPT_COLUMNS) + "\t",
    ]
    elapsed_s = np.cumsum(0.2 + 3 / frequency_Hz)
    zeros = np.zeros(frequency_Hz.size)
    table = (
        frequency_Hz,
        impedance_ohm.real,
        -impedance_ohm.imag,
        np.abs(impedance_ohm),
        np.degrees(np.angle(impedance_ohm)),
        elapsed_s,
        zeros,
        zeros,
        zeros + 1,
    )
    body = ["\t".join(_three_digit_exponent(value) for value in row) for row in zip(*table, strict=True)]
    text = "\r\n".join([*lines, *body]) + "\r\n"
    if has_decimal_comma:
        start = text.index("freq/Hz")
        text = text[:start] + text[start:].replace(".", ",")
    return text.encode("cp1252")


def _three_digit_exponent(value: float) -> str:
    mantissa, _, exponent = f"{value:.7E}".partition("E")
    return f"{mantissa}E{int(exponent):+04d}"


def z_text(*, frequency_Hz: Array, impedance_ohm: ComplexArray, comment: str) -> bytes:
    """A ZPlot measured-data file: LF, tab columns, Z''(b) with its own sign."""
    lines = [
        "ZPLOT2 ASCII",
        "  Measured Data, ZPlot:       3.2c",
        "  Experiment Type:            Sweep Frequency, Control Voltage",
        "  Date:                       01-02-2023",
        "  Time:                       10:00:00",
        "  Open Circuit Potential (V): 0.0000",
        "  Begin User Comments:        1",
        f"    {comment}",
        "  End User Comments:          1",
        "  Surface Area:             1",
        f"  Data Points:                {frequency_Hz.size}",
        "  Freq(Hz)\tAmpl\tBias\tTime(Sec)\tZ'(a)\tZ''(b)\tGD\tErr\tRange",
        "End Comments",
    ]
    elapsed_s = np.cumsum(0.2 + 3 / frequency_Hz)
    for f, t, z in zip(frequency_Hz, elapsed_s, impedance_ohm, strict=True):
        lines.append(f"{f:.6E}\t2.0000E-02\t0.0000E+00\t{t:.6E}\t{z.real:.6E}\t{z.imag:.6E}\t0.0000E+00\t0\t4")
    return ("\n".join(lines) + "\n").encode("ascii")
