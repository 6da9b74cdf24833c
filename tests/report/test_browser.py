"""The report in a real browser: headless Chromium, every name unresolvable, on a desk, on a phone and on paper."""

from __future__ import annotations

import base64
import json
import re
import shutil
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest

from pelletry.core.finding import Finding
from pelletry.report.html import write_report

HOSTILE = "</script><script>window.pwned=1</script><img src=x onerror=window.pwned=2><!--"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_SWITCHES = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --window-size=1280,900"
)


def _browser_path() -> str:
    found = next((p for p in map(shutil.which, _BROWSERS) if p), None)
    if found is None or shutil.which("chromedriver") is None:
        pytest.skip("no browser here: install the packages chromium and chromium-driver")
    return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    pytest.importorskip("selenium", reason="the browser tests need selenium")
    path = _browser_path()
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = path
    for switch in _SWITCHES.split():
        options.add_argument(switch)
    options.add_argument("--host-resolver-rules=MAP * ~NOTFOUND")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture(scope="module")
def report(sim: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pellets, the first with a hostile name."""
    folder = tmp_path_factory.mktemp("report")
    path: Path = write_report(*sim.simulated_study(2, name_of_first=HOSTILE), folder / "report.html")
    return path


def _open(browser: Any, report: Path, *, width: int = 1280, height: int = 900, is_phone: bool = False) -> None:
    browser.get_log("browser")
    browser.get_log("performance")
    metrics = {"width": width, "height": height, "deviceScaleFactor": 2 if is_phone else 1, "mobile": is_phone}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(report.as_uri())


def _wait(browser: Any, condition: str, seconds: float = 20.0) -> Any:
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(browser, seconds, poll_frequency=0.05).until(lambda d: d.execute_script(f"return {condition}"))


def _scroll_through(browser: Any) -> None:
    for number in range(browser.execute_script("return document.querySelectorAll('.frame').length")):
        browser.execute_script(f"document.querySelectorAll('.frame')[{number}].scrollIntoView({{behavior: 'instant'}})")
        _wait(browser, f"document.querySelectorAll('.frame')[{number}].classList.contains('ready')")


def _requests(browser: Any) -> list[str]:
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]


def test_every_figure_is_drawn_nothing_is_fetched_and_the_console_is_silent(browser: Any, report: Path) -> None:
    _open(browser, report)
    assert browser.execute_script("return document.querySelectorAll('.frame.ready').length < 4")  # not all at once
    _scroll_through(browser)
    figures = browser.execute_script("return document.querySelectorAll('.frame').length")
    assert figures == 2 * 4 + 1
    assert browser.execute_script(
        "return document.querySelectorAll('.frame.ready .main-svg').length >= arguments[0]", figures
    )
    empty = (
        "[...document.querySelectorAll('.interactive')].filter(e => !e.querySelector('.scatterlayer .trace')).length"
    )
    assert browser.execute_script(f"return {empty}") == 0
    assert {url.partition(":")[0] for url in _requests(browser)} <= {"file", "data", "blob"}
    assert browser.get_log("browser") == []


def test_a_script_in_a_name_does_nothing(browser: Any, report: Path) -> None:
    _open(browser, report)
    _scroll_through(browser)
    browser.execute_script("document.querySelector('button[data-trace]').click()")
    assert browser.execute_script("return window.pwned === undefined")
    assert browser.execute_script("return document.querySelectorAll('img').length") == 0
    names = browser.execute_script("return [...document.querySelectorAll('.sample > h3')].map(h => h.textContent)")
    assert names[0] == HOSTILE


def test_one_ohm_is_one_length_on_the_screen(browser: Any, report: Path) -> None:
    _open(browser, report)
    _scroll_through(browser)
    measured = browser.execute_script(
        "return [...document.querySelectorAll('.interactive')].filter(e => e._fullLayout.yaxis.scaleanchor)"
        ".map(e => [e._fullLayout.xaxis._m, e._fullLayout.yaxis._m, e._fullLayout.xaxis.range[0], e._fullLayout.yaxis.range[0]])"
    )
    assert len(measured) == 4
    for per_x, per_y, x0, y0 in measured:
        assert abs(per_x) == pytest.approx(abs(per_y), rel=1e-6)
        assert (x0, y0) == (0, 0)


def test_a_click_on_a_number_opens_its_way_and_escape_closes_it(browser: Any, report: Path) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    _open(browser, report)
    button = browser.find_elements(By.CSS_SELECTOR, "#comparison button[data-trace]")[3]
    button.send_keys(Keys.ENTER)
    dialog = browser.find_element(By.ID, "trace")
    assert dialog.is_displayed()
    assert re.search(r"raw/LATP_Air_800\.mpt .*sha256 [0-9a-f]{64}", dialog.text)
    dialog.send_keys(Keys.ESCAPE)
    assert not dialog.is_displayed()
    assert browser.switch_to.active_element == button


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_page_never_scrolls_sideways(browser: Any, report: Path, width: int) -> None:
    _open(browser, report, width=width, height=844, is_phone=width < 500)
    _scroll_through(browser)
    wide, window = browser.execute_script(
        "return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert wide <= window
    outside = browser.execute_script(
        "return [...document.querySelectorAll('.interactive .main-svg')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
    )
    assert outside == 0


def test_without_scripts_the_figures_are_there(browser: Any, report: Path) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        _open(browser, report)
        shown = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True})
        assert len(shown["data"]) > 10_000
        root = browser.execute_cdp_cmd("DOM.getDocument", {})["root"]["nodeId"]
        found = browser.execute_cdp_cmd("DOM.querySelectorAll", {"nodeId": root, "selector": ".frame > svg.static"})
        assert len(found["nodeIds"]) == 2 * 4 + 1
        for node in found["nodeIds"]:
            box = browser.execute_cdp_cmd("DOM.getBoxModel", {"nodeId": node})["model"]
            assert box["width"] > 200
            assert box["height"] > 150
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_paper_has_the_figures_as_lines_even_if_nobody_scrolled(browser: Any, report: Path) -> None:
    _open(browser, report)
    content = base64.b64decode(
        browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True})["data"]
    )
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", content)
    assert box is not None
    assert [float(v) for v in box.groups()] == pytest.approx([595, 842], abs=1.5)  # A4
    paths = sum(_curves(stream) for stream in _streams(content))
    assert paths > 1500  # more than four points a figure in eight figures; text alone has none
    assert len(re.findall(rb"/Type ?/Page\b", content)) < 20


def test_findings_that_lie_folded_are_printed(browser: Any, sim: ModuleType, tmp_path: Path) -> None:
    result, presentations = sim.simulated_study(2)
    of_one_kind = tuple(
        Finding(code="alike", severity="notice", sentence=f"Something {what} happened.", samples=())
        for what in ("red", "green", "blue", "yellow", "grey")
    )
    folded = attrs.evolve(result, findings=of_one_kind)
    _open(browser, write_report(folded, presentations, tmp_path / "report.html"))
    is_open = "return [...document.querySelectorAll('details.alike')].map(e => e.open)"
    assert browser.execute_script(is_open) == [False]
    browser.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert browser.execute_script(is_open) == [True]
    browser.execute_script("window.dispatchEvent(new Event('afterprint'))")
    assert browser.execute_script(is_open) == [False]


def _streams(content: bytes) -> Iterator[bytes]:
    for match in re.finditer(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            yield zlib.decompress(match[1])
        except zlib.error:
            continue


def _curves(stream: bytes) -> int:
    return len(re.findall(rb" (?:l|c)\n", stream))
