"""What a column of a cycler's table is called in the wild: time, voltage, current, charge, cycle, step and state.

Reading a file (is this a run of a cell?) and analysing it (which column is the voltage?) must not disagree about a heading, so that both ask here.

Languages and habits seen: ``Test_Time(s)``, ``Total Time``, ``测试时间``, ``Zeit``; ``Voltage(V)``, ``电压(V)``, ``Spannung``, ``Ewe``, ``U[V]``, ``Volts``; ``Current(mA)``,
``电流(mA)``, ``Strom``, ``<I>``, ``Amps``; ``Cycle_Index``, ``循环号``, ``Zyklus``; ``Step Type``, ``工步类型``, ``Zustand``, ``Md``.

Names are in order of preference: where a table has several, the first is taken. A time of the step alone has a quantity of its own.
"""

from __future__ import annotations

import functools
import re

__all__ = ["NAMES", "is_of_time", "plain", "quantity_of"]

#: Quantity -> names in order of preference, as :func:`plain` makes them.
NAMES: dict[str, tuple[str, ...]] = {
    "time": (
        "time", "testtime", "totaltime", "cumulativetime", "runtime", "runtimeh", "elapsedtime", "recordtime", "testtimes", "t", "test",
        "progtime", "programtime", "programmdauer", "programduration", "prozedurdauer", "timeelapsed", "zeit", "testzeit", "gesamtzeit", "laufzeit", "temps", "tempo", "tiempo",
        "测试时间", "总时间", "累计时间", "运行时间", "工作时间", "流程时间", "時間", "经过时间", "时间", "время",
        "unixtime", "systemtime", "datetime", "datetimeisostring", "absolutetime", "realtime", "date", "timestamp", "systime", "dpttime",
        "dpt-time", "dateandtime", "zeitstempel", "datum", "绝对时间", "系统时间", "实际时间", "日期",
    ),
    "voltage": (
        "ewe-ece", "<ewe-ece>", "voltage", "cellvoltage", "potential", "potentialv", "volts", "ewe", "<ewe>", "u", "ecell", "<ecell>", "v",
        "vf", "e", "voltages", "volt", "vcell", "ucell", "ubat", "uzelle", "terminalvoltage", "batteryvoltage", "voltagemeasured", "voltagecell",
        "workingelectrode", "we(1)potential", "电压", "電圧", "电池电压", "spannung", "zellspannung", "tension", "tensione", "tensión", "voltaje", "tensão", "напряжение",
    ),
    "current": (
        "i", "<i>", "current", "currenta", "amps", "im", "icell", "amp", "cur", "batterycurrent", "currentmeasured", "cellcurrent",
        "we(1)current", "ibat", "izelle", "电流", "電流", "strom", "zellstrom", "courant", "corrente", "corriente", "ток",
    ),
    "cycle": (
        "cyclenumber", "cycleindex", "cyclecount", "cycle", "cycleid", "cyclec", "cyc#", "cyclenum", "cycle-index", "cyc-count", "cycle#", "cycleno",
        "cyc", "cycles", "totalcycle", "循环号", "循环序号", "循环", "循环次数", "循环数", "サイクル", "zyklus", "zyklen", "zyklusnummer", "ciclo",
    ),
    "step": (
        "stepcount", "stepindex", "stepnumber", "step", "stepid", "ns", "stepnum", "step-index", "step#", "steps", "工步号", "工步序号", "步次",
        "步骤序号", "步次序号", "工步", "schritt", "line",
    ),
    "state": (
        "state", "status", "md", "steptype", "stepstate", "step-state", "stepstatus", "stepname", "command", "zustand", "状态", "工步类型", "工步名称",
        "工步状态", "步次类型", "工作状态", "mode",
    ),
    "counter": ("(q-qo)", "q-qo", "cumulativecharge"),
    "charge": (
        "chargecapacity", "chgcap", "chargecapacitya", "qcharge", "chargingcapacity", "capacitancechg", "chgcapacity", "充电容量", "ladekapazität",
    ),
    "discharge": (
        "dischargecapacity", "dchgcap", "qdischarge", "dischargingcapacity", "capacitancedchg", "dchgcapacity", "放电容量", "entladekapazität",
    ),
    "capacity": (
        "capacity", "cap", "capa", "容量", "比容量", "kapazität", "capacité", "capacità", "capacidad", "amp-hr", "amphr", "mamp-hr", "ah", "ah-step",
        "ahaccu", "ahakku", "ahstep", "spec", "speccap", "scapacity", "energy", "watt-hr", "能量",
    ),
    "step_time": (
        "steptime", "steptimes", "stepruntime", "t-step", "relativetime", "步次时间", "步骤时间", "工步时间", "相对时间", "schrittdauer", "schrittzeit", "stepduration", "step",
    ),
}  # fmt: skip
#: Too short or too general to be a time without a unit of time.
_NEEDS_TIME = frozenset({"t", "test", "step"})
_TIME = re.compile(r"(?:m?s|sec(?:onds?)?|min(?:utes?)?|h|hrs?|hours?|d|days?)\.?", re.IGNORECASE)
_QUANTITY = {name: quantity for quantity, names in reversed(list(NAMES.items())) for name in names}


def plain(name: str) -> str:
    """A head in small letters without blanks, underscores, dots and units in brackets.

    >>> plain("Test_Time(s)"), plain("Cycle Index"), plain("(Q-Qo)"), plain("<Ewe>"), plain("~Time[h]"), plain("电压（V）")
    ('testtime', 'cycleindex', '(q-qo)', '<ewe>', 'time', '电压')
    """
    text = name.strip().translate(_SAME).lstrip("~#")
    text = re.sub(r"(?<=\w)[\s_./]*[\[(][^\])]*[\])]\s*$", "", text)
    return re.sub(r"[\s_.]+", "", text).lower()


_SAME = str.maketrans({"（": "(", "）": ")", "：": ":"})  # full-width marks


def is_of_time(unit: str) -> bool:
    """Whether a unit is one of time, in any spelling."""
    return _TIME.fullmatch(unit.strip()) is not None


@functools.lru_cache(maxsize=4096)
def quantity_of(name: str, unit: str = "") -> str:
    """The quantity of :data:`NAMES` that a heading names, empty if none.

    >>> quantity_of("Test (Sec)"), quantity_of("Test"), quantity_of("电流(mA)"), quantity_of("Spannung", "V"), quantity_of("Temp 1")
    ('time', '', 'current', 'voltage', '')
    """
    if len(name) > 80:
        return ""
    word = plain(name)
    within = re.search(r"[\[(]([^\])]*)[\])]\s*$", name.translate(_SAME))
    has_time = is_of_time(unit or (within[1] if within else ""))
    if word == "step":
        return "step_time" if has_time else "step"
    if word in _NEEDS_TIME and not has_time:
        return ""
    return _QUANTITY.get(word, "")
