"""The page as a browser shows it."""

import json
from itertools import pairwise

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from recommender.report.palette import DARK, LIGHT
from tests.report.conftest import (
    HOSTILE,
    HOSTILE_CHOICES,
    HOSTILE_NAMES,
    answered,
    hostile,
    plan,
    within_context,
    without_runs,
)

LOCAL = ("data:", "blob:", "chrome:")  # the browser's own first tab is in the last


def fetched(browser):
    """Return what was requested from anywhere but the browser itself."""
    return [url for url in browser.requests if not url.startswith(LOCAL)]


def test_the_page_opens_without_an_error_or_a_request(page_of, browser):
    page = page_of(plan)
    browser.open(page)
    browser.listen()
    assert browser.messages == []
    assert fetched(browser) == [page.as_uri()]


def test_every_figure_is_drawn_and_said_in_words(page_of, browser):
    browser.open(page_of(answered))
    panels = json.loads(browser.run("return document.getElementById('figures').textContent"))
    places = browser.run(
        "return [...document.querySelectorAll('[data-panel]')].map((place) => ({"
        "name: place.dataset.panel, label: place.ariaLabel, role: place.role,"
        "drawn: place.querySelectorAll('.trace, .contour, .heatmaplayer .hm').length,"
        "wide: place.querySelector('.main-svg').getBoundingClientRect().width}))"
    )
    assert {place["name"] for place in places} == set(panels["panels"])
    assert {name.rsplit("-", 1)[0] for name in panels["panels"]} == {
        *("convergence", "effects", "importance", "maps", "parallel", "calibration", "progress")
    }
    for place in places:
        traces = panels["panels"][place["name"]]["data"]
        assert place["drawn"] == len(traces), place
        assert place["role"] == "img"
        assert len(place["label"]) > 20
        assert place["wide"] > 200


def test_the_page_is_read_by_keyboard_and_by_screen_readers(page_of, browser):
    browser.open(page_of(plan))
    assert browser.run("return document.documentElement.lang") == "en"
    for landmark in ("header", "nav[aria-label]", "main", "h1"):
        assert browser.run("return document.querySelectorAll(arguments[0]).length", landmark) == 1
    levels = [int(tag[1]) for tag in browser.run(
        "return [...document.querySelectorAll('h1,h2,h3')].map((h) => h.tagName)"
    )]  # fmt: skip
    assert all(after - before <= 1 for before, after in pairwise(levels))
    unnamed = "return [...document.querySelectorAll('section')].filter((s) => !document" \
        ".getElementById(s.getAttribute('aria-labelledby'))).length"  # fmt: skip
    assert browser.run(unnamed) == 0
    assert browser.run("return document.querySelectorAll('table:not(:has(caption))').length") == 0
    assert browser.run("return document.querySelectorAll('th:not([scope])').length") == 0
    links = browser.run(
        "return [...document.links].filter((a) => !document.querySelector(a.hash)).length"
    )
    assert links == 0
    browser.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert browser.run("return document.activeElement.className") == "skip"
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    browser.wait("return document.activeElement.id === 'best'")


def column(browser, title):
    """The cells of a column of the table of runs, from the top down."""
    script = (
        "const table = document.getElementById('all-runs');"
        "const head = [...table.tHead.rows[0].cells].map((c) => c.textContent);"
        "const at = head.indexOf(arguments[0]);"
        "return [...table.tBodies[0].rows].map((row) => row.cells[at].textContent)"
    )
    return browser.run(script, title)


def heading(browser, title):
    return browser.driver.find_element(By.XPATH, f"//th[button[text()='{title}']]")


def press(browser, title, key=None):
    button = heading(browser, title).find_element(By.TAG_NAME, "button")
    if key is None:
        browser.run("arguments[0].click()", button)
    else:
        button.send_keys(key)
    return heading(browser, title).get_attribute("aria-sort")


def test_the_table_of_runs_sorts_by_click_and_by_keyboard(page_of, browser):
    browser.open(page_of(plan))
    assert press(browser, "loss") == "ascending"
    assert column(browser, "loss") == ["0.55", "0.62", "0.71", "0.88", "0.91", "1.2", "", ""]
    assert press(browser, "loss", Keys.ENTER) == "descending"
    assert column(browser, "loss") == ["1.2", "0.91", "0.88", "0.71", "0.62", "0.55", "", ""]
    assert press(browser, "lr", Keys.SPACE) == "ascending"
    assert column(browser, "lr") == sorted(column(browser, "lr"), key=float)
    assert heading(browser, "loss").get_attribute("aria-sort") is None
    assert press(browser, "run") == "ascending"
    assert column(browser, "run") == sorted(column(browser, "run"))
    assert browser.texts("#sorted") == ["sorted by run, ascending"]


def test_sorting_by_the_objective_compares_within_a_context_alone(page_of, browser):
    browser.open(page_of(within_context))
    press(browser, "loss", Keys.ENTER)
    pairs = list(zip(column(browser, "tau"), column(browser, "loss"), strict=True))
    assert pairs == sorted(pairs, key=lambda pair: (float(pair[0]), float(pair[1])))
    assert browser.texts("#sorted") == ["sorted by loss, ascending, within tau"]


def test_nothing_of_the_history_runs_and_all_of_it_stays_text(page_of, browser):
    browser.open(page_of(hostile))
    browser.listen()
    assert browser.messages == []
    assert len(fetched(browser)) == 1
    assert browser.run("return window.hacked") is None
    harmful = (
        "main script, main style, main img, iframe, object, main u, main s, main a, "
        "main b:not(.predicted b), main i:not(.key i)"
    )
    assert browser.texts(harmful) == []
    assert browser.texts("a[href^='javascript'], a[href^='http'], svg a") == []
    assert column(browser, "note") == list(HOSTILE)
    assert column(browser, "label") == list(HOSTILE)
    parameter, kind, metric = HOSTILE_NAMES
    assert browser.texts("h1") == [metric]
    shown = {text.strip() for text in browser.texts("svg text")}
    assert parameter in shown
    assert kind in shown
    assert set(HOSTILE_CHOICES) <= shown


def test_the_pointer_on_a_run_shows_text_alone(page_of, browser):
    browser.open(page_of(hostile))
    points = browser.run(
        "window.place = document.querySelector('[data-panel=calibration-0]');"
        "place.scrollIntoView();"
        "window.at = place.data.findIndex((trace) => trace.customdata);"
        "return place.data[at].customdata"
    )
    assert len(points) >= len(HOSTILE_CHOICES)
    told = []
    for point, run in enumerate(points):
        id = f"run-{run + 1:04d}-aaaa"
        hover = "Plotly.Fx.hover(place, [{curveNumber: at, pointNumber: arguments[0]}])"
        shown = "return place.querySelector('.hovertext .nums')?.textContent ?? ''"
        browser.wait(f"{hover}; {shown.replace('return ', 'return (')}).startsWith('{id}')", point)
        told.append(browser.run(shown))
    for text in told:
        assert all(name in text for name in HOSTILE_NAMES)
    for choice in HOSTILE_CHOICES:
        assert any(choice in text for text in told)
    assert browser.run("return window.hacked") is None


def test_the_page_and_its_figures_follow_the_theme(page_of, browser):
    def colors():
        """Of the page, of a line in a figure."""
        return browser.run(
            "const line = document.querySelector('[data-panel=convergence-0] .js-line');"
            "return [getComputedStyle(document.body).backgroundColor, line.style.stroke]"
        )

    def rgb(color):
        return f"rgb({', '.join(str(int(color[at : at + 2], 16)) for at in (1, 3, 5))})"

    page = page_of(plan)
    browser.open(page, theme="dark")
    assert colors() == [rgb(DARK["page"]), rgb(DARK["accent"])]
    browser.show(theme="light")
    browser.wait(
        "return document.querySelector('[data-panel=convergence-0] .js-line').style.stroke"
        " === arguments[0]",
        rgb(LIGHT["accent"]),
    )
    assert colors() == [rgb(LIGHT["page"]), rgb(LIGHT["accent"])]


@pytest.mark.parametrize("project", [plan, hostile, within_context, without_runs])
def test_a_phone_never_scrolls_the_page_sideways(project, page_of, browser):
    browser.open(page_of(project), width=360)
    assert browser.run("return document.documentElement.scrollWidth") <= 360
    wide = browser.run(
        "return [...document.querySelectorAll('main *')].filter((e) => !e.closest('.wide, svg') &&"
        " e.getBoundingClientRect().right > 361).map((e) => e.outerHTML.slice(0, 80))"
    )
    assert wide == []


def test_a_page_of_no_runs_says_so(page_of, browser):
    browser.open(page_of(without_runs))
    browser.listen()
    assert browser.messages == []
    text = browser.run("return document.body.innerText")
    assert "No finished run has a value of loss yet." in text
    assert "recommend next --n 4" in text
    assert browser.texts("[data-panel]") == []
