"""A real browser, and projects that a report is made of."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from recommender.campaign.reporting import write_report
from tests.conftest import RUNS, SWEEP, TEMPLATE, Sweep
from tests.needs import unavailable

ARGUMENTS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND"),
)
PATIENCE = 120  # seconds until all figures are drawn, on a busy machine


@dataclass
class Browser:
    """A headless Chromium that keeps what its console and its network said."""

    driver: webdriver.Chrome
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, page: Path, *, width: int = 1200, theme: str = "light") -> None:
        """Open a page and wait until its figures are drawn."""
        self.listen()
        self.messages, self.requests = [], []
        self.show(width=width, theme=theme)
        self.driver.get(page.as_uri())
        self.wait_until_drawn()

    def show(self, *, width: int = 1200, theme: str = "light") -> None:
        feature = {"name": "prefers-color-scheme", "value": theme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def wait_until_drawn(self) -> None:
        drawn = "return document.documentElement.dataset.state === 'drawn'"
        self.wait(drawn)

    def wait(self, condition: str, *arguments: object) -> None:
        WebDriverWait(self.driver, PATIENCE).until(lambda _: self.run(condition, *arguments))

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def texts(self, selector: str) -> list[str]:
        script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)"
        return self.run(script, selector)

    def listen(self) -> None:
        self.messages += [entry["message"] for entry in self.driver.get_log("browser")]
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        unavailable("chromium and chromium-driver are not installed, so no page can be opened")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    profile = tmp_path_factory.mktemp("profile")
    for argument in (*ARGUMENTS, f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield Browser(opened)
    finally:
        opened.quit()


HOSTILE = (
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 2</script>",
    '"><img src=x onerror="window.hacked = 3">',
    "<b>bold</b> & &lt;i&gt; 'quoted' \"twice\"",
    "<a href='javascript:window.hacked=4'>link</a>",
    '=HYPERLINK("https://example.org";"go")',
    "\u202eright to left\u202c עברית \u2067isolated",
    "]]> --> <!-- <style>body{display:none}</style>",
    "$\\href{javascript:alert(1)}{x}$ %{x} ${y} {{ 7*7 }} {% raw %}",
    "学习率 参数 损失 🧪 ünïcödé",
    "javascript:window.hacked=5",
    "https://example.org/picture.png",
)
HOSTILE_CHOICES = HOSTILE[:5]
HOSTILE_NAMES = ("rate &lt %{x} ${y}", "--ink", "损失&amp {{7*7}}")
"""A real parameter, a categorical one, and the objective, as bad as a sweep file takes them."""


def plan(sweep: Sweep) -> None:
    """Make it a project with six finished runs and two pending ones, one with a prediction."""
    sweep.write("configs/sweep.yaml", SWEEP)
    sweep.history()
    sweep.write(
        "history/proposals.csv",
        "id,batch,proposed_at,lr,tau,predicted_metric,predicted_mean,predicted_sd,"
        "expected_improvement,probability_of_improvement,role,reason,engine_seed,history_digest,"
        "proposed_by\n"
        "run-0007-aaaa,1,2026-01-02T03:04:05Z,0.002,0.4,loss,0.5,0.05,0.02,0.7,exploit,"
        "tau 0.5 to 0.4: likely better,0,abc,recommender\n"
        "run-0008-aaaa,1,2026-01-02T03:04:05Z,0.03,0.6,loss,,,,,space-filling,far away,0,abc,"
        "recommender\n",
    )


def answered(sweep: Sweep) -> None:
    """Make it such a project in which the proposal with a prediction has come back."""
    plan(sweep)
    sweep.history(f"{RUNS}run-0007-aaaa,result,completed,,,3.5,0.002,0.4,0.52,,\n")


def within_context(sweep: Sweep) -> None:
    """Make it a project whose loss `tau` rescales: four runs each at 0.2 and 0.9, one at 0.5."""
    sweep.write("configs/sweep.yaml", SWEEP.replace("direction: minimize", "context: [tau]"))
    rates = ("0.0001", "0.001", "0.01", "0.05")
    rows = [f"a-{i},,,,,,{rate},0.2,0.{5 - i},," for i, rate in enumerate(rates)]
    rows += [f"b-{i},,,,,,{rate},0.9,2.{i},," for i, rate in enumerate(rates)]
    sweep.history("\n".join([*rows, "c-0,,,,,,0.002,0.5,1.6,,"]) + "\n")


def without_runs(sweep: Sweep) -> None:
    """Make it a project that nothing was run in."""
    sweep.write("configs/sweep.yaml", SWEEP)


def hostile(sweep: Sweep) -> None:
    """Make it a project in which every text that a person may write is written to do harm."""
    parameter, kind, metric = HOSTILE_NAMES
    space = {
        parameter: {"type": "real", "low": 1e-5, "high": 0.1, "scale": "log"},
        kind: {"type": "categorical", "choices": list(HOSTILE_CHOICES)},
    }
    config = {"objective": {"metric": metric, "direction": "minimize"}, "parameters": space}
    sweep.write("configs/sweep.yaml", json.dumps(config))  # JSON is YAML
    text = io.StringIO()
    rows = csv.writer(text)
    ours = ["id", "event", "status", "recorded_at", "label", "hours"]
    rows.writerow([*ours, parameter, kind, metric, "<u>NMI", "note", "<s>mine"])
    for number, words in enumerate(HOSTILE, 1):
        rate = 10 ** (-5 + 4 * number / 13)
        results = [rate, HOSTILE_CHOICES[number % 5], abs(number - 5) + 1, number / 20]
        rows.writerow([f"run-{number:04d}-aaaa", "", "", "", words, 3, *results, words, words])
    sweep.write("history/runs.csv", text.getvalue())


def _pages(folder: Callable[[], Path]) -> Callable[[Callable[[Sweep], None]], Path]:
    @cache
    def write(make: Callable[[Sweep], None]) -> Path:
        sweep = Sweep(folder() / "<i>toy")
        sweep.write("configs/base.yaml", TEMPLATE)
        make(sweep)
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("RECOMMEND_HISTORY", raising=False)
            project = sweep.open()
        return write_report(project, now="2026-01-03T00:00:00Z").path

    return write


@pytest.fixture(scope="session")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return the report of a project, by what makes the project; it is written once."""
    return _pages(lambda: tmp_path_factory.mktemp("projects"))


@pytest.fixture
def page_again(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write such a report anew."""
    return _pages(lambda: tmp_path_factory.mktemp("again"))
