"""Damaged exports of balances, dilatometers and laser-diffraction instruments are read or refused, never anything else."""

from __future__ import annotations

import random

import pytest

from pelletry.core.errors import FormatError
from pelletry.formats.open_file import format_of
from pelletry.formats.rawfile import RawFile

TEXTS = {
    "mastersizer": (
        'Sample Name,"D [4, 3] - Volume weighted mean",d (0.5),Result Between User Sizes (Sizes in um),,,,\n'
        ",,,1,2,4,8,\nA,3.5,2.5,,10,80,10,\nB,,,,,,,\n"
    ),
    "netzsch-text": (
        "#EXPORTTYPE:DATA ALL\n#FORMAT:NETZSCH5\n#DECIMAL:POINT\n#SEPARATOR:SEMICOLON\n#SAMPLE MASS /mg:4,28\n\n"
        "##Temp./°C;Time/min;Mass/%\n 30.0; 0.0;100.0\n 31.0; 0.2; 99.5\n 32.0; 0.4; 99.1\n"
    ),
    "setaram-text": (
        "A\nCreation Date : 26/07/2024 06:03:05 p.m.\n\nTG :\n Initial Mass : 34.04 mg\n\n"
        "Index Time       Furnace                  TG\n1     0          50.5                     -0.5\n2     0.5        50.75                    -0.75\n"
    ),
    "mettler-text": (
        "SampleID:\n  A, 4.9 mg\nCurve:\n    Index     t       Ts      Value\n            [s]     [°C]       [mg]\n        0     0   45.647    4.92915\n"
        "        1     1   45.699     4.9291\n\nLastKeyWD:\n  Alumina\n"
    ),
    "baehr-text": (
        "\n C:\\A.PAR\n   Time - Temperature  /  rel. Change in Length  /  dif. Change in Length \n   s   °C   %\n"
        "  1   0,003   49,957   0,281   -0,041\n  2   0,502   49,657   0,282   -0,047\n"
    ),
    "ta-universal-text": "Sample\tA\nNsig\t2\nSig1\tTime (min)\nSig2\tWeight (mg)\nStartOfData\n0.5\t5.2\n-2.0\t-2.0\n0.6\t5.1\n",
    "ta-trios-text": "Filename\tA\nSample name\tA\n[step]\nRamp\nTime\tWeight\nmin\tmg\n0.0\t5.1\n0.1\t5.0\n",
    "perkinelmer-text": (
        "Filename:\tA.tg8d \nSample Weight:\t7.0 mg \nDisplay Weight:\t7.0 \nTotal Points in Run:\t3 \n1) TGA Isothermal \n"
        "\tTime     \tUnsubtracted\n\t          \tWeight\n\t0.0\t7.02\n\t0.1\t7.01\n2) TGA Temperature Scan \n\t0.2\t7.00\n"
    ),
    "quadstar-text": (
        "Sourcefile\tA.qmp\nExporttime\t28/11/2022 15:24:02\n\n\t\t14\t\t\tWater\t\nTime\tTime Relative [s]\tPartial Pressure [mbar]\tTime\t"
        "Time Relative [s]\tPartial Pressure [mbar]\t\n13:51:12\t0.0\t1.0e-011\t13:51:12\t0.2\t-8.5e-013\n13:51:16\t4.1\t1.0e-011\n"
    ),
}  # fmt: skip


def damaged(content: bytes, dice: random.Random) -> bytes:
    """Bits flipped, characters replaced by those that tables are made of, pieces cut off or repeated."""
    hurt = bytearray(content)
    for _ in range(dice.choice([0, 1, 1, 2, 5, 20])):
        place = dice.randrange(len(hurt))
        if dice.random() < 0.5:
            hurt[place] = dice.choice(b"\t\n\r,.;:-E019XN #[]()")
        else:
            hurt[place] ^= 1 << dice.randrange(8)
    kind = dice.random()
    if kind < 0.3:
        del hurt[dice.randrange(1, len(hurt)) :]
    elif kind < 0.5:
        first, last = sorted(dice.randrange(len(hurt)) for _ in range(2))
        hurt[first:first] = hurt[first:last]
    elif kind < 0.6:
        lines = bytes(hurt).split(b"\n")
        del lines[dice.randrange(len(lines))]
        hurt = bytearray(b"\n".join(lines))
    return bytes(hurt)


@pytest.mark.parametrize("name", TEXTS)
def test_the_undamaged_text_is_of_its_format(written, name):
    assert format_of(RawFile.open(written("a.txt", TEXTS[name], encoding="cp1252"))).name == name


@pytest.mark.parametrize("name", TEXTS)
def test_a_damaged_text_is_read_or_refused(written, name):
    dice = random.Random(17)
    original = TEXTS[name].encode("cp1252")
    reader = format_of(RawFile.open(written("whole.txt", original)))
    read = 0
    refusals: list[str] = []
    for _ in range(300):
        raw = RawFile.open(written("a.txt", damaged(original, dice) or b" "))
        if not reader.can_read(raw):
            continue
        try:
            records = reader.read(raw)  # not through read_as: it would turn a stumble into a refusal
        except FormatError as error:
            refusals.append(str(error))
        else:
            read += 1
            assert records
    assert read > 20
    assert len(refusals) > 20
    assert all("a.txt" in words for words in refusals)
