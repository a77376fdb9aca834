"""The page as text: what a browser is given, and what Plotly is."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.report.figure import Axis, Bars, Line, Panel, Points, Surface, Texts
from recommender.report.interactive import broken, escaped, interactive
from recommender.report.page import in_script
from tests.report.conftest import hostile, plan


class Scripts(HTMLParser):
    """The scripts of a page, each with its attributes, and every attribute that names a place."""

    def __init__(self):
        super().__init__()
        self.found, self.places, self.handlers = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag == "script":
            self.found.append((dict(attrs), []))
        for name, value in attrs:
            if name in ("src", "href", "action", "srcset", "data"):
                self.places.append(value)
            if name.startswith("on"):
                self.handlers.append(value)

    def handle_data(self, data):
        if self.lasttag == "script" and self.cdata_elem == "script":
            self.found[-1][1].append(data)


@pytest.fixture(scope="module")
def parsed(page_of):
    scripts = Scripts()
    scripts.feed(page_of(hostile).read_text(encoding="utf-8"))
    return scripts


def test_only_our_two_scripts_may_run_and_nothing_may_be_fetched(page_of, parsed):
    text = page_of(hostile).read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1].replace("&#39;", "'")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data: blob:"
    data, *code = parsed.found
    assert data[0] == {"type": "application/json", "id": "figures"}
    hashes = [
        base64.b64encode(hashlib.sha256("".join(parts).encode()).digest()).decode()
        for attributes, parts in code
        if attributes == {}
    ]
    assert rules["script-src"].split() == [f"'sha256-{each}'" for each in hashes]
    assert len(hashes) == 2


def test_the_page_names_no_place_outside_and_handles_no_event_in_markup(parsed):
    assert all(place.startswith("#") for place in parsed.places)
    assert parsed.handlers == []


def test_the_same_history_gives_the_same_page(page_of, page_again):
    assert page_of(plan).read_bytes() == page_again(plan).read_bytes()


def test_a_page_is_small(page_of):
    assert page_of(plan).stat().st_size < 6_000_000


@given(st.recursive(st.text() | st.none() | st.integers(), st.lists))
def test_data_in_a_script_comes_back_and_cannot_end_it(document):
    text = in_script(document)
    assert json.loads(text) == document
    assert not set(text) & {"<", ">", "&", "\u2028", "\u2029"}
    assert text.isascii()


TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@given(st.text(alphabet=st.characters() | st.sampled_from("<>&;\"'" + TURNING)))
def test_an_escaped_text_has_no_markup_and_turns_nothing_round(text):
    shown = escaped(text)
    assert not set(shown) & {"<", ">", "\n", "\r", "\x00", *TURNING}
    assert not re.sub("&(amp|lt|gt);", "", shown).count("&")
    assert not set(re.sub("<br>", "", broken(text))) & {"<", ">"}


def test_chinese_is_no_markup():
    assert escaped("学习率 损失 🧪") == "学习率 损失 🧪"


def test_plotly_knows_every_key_that_it_is_given():
    x, y = np.array([1.0, np.nan, 100.0]), np.array([0.0, 1.0, 2.0])
    choices = Axis(title="k", ticks=((0.0, "<a>"), (1.0, "b_and_a_long_name")), ends=(-0.5, 1.5))
    log = Axis(title="lr", log=True, ends=(1e-4, 1.0))
    drawn = (
        Points(x=x, y=y, role="run", name="runs", runs=("r", "s", "r"), low=y - 1, high=y + 1),
        Line(x=x, y=y, role="mean", steps=True, dashed=True),
        Surface(x=y[:2], y=y, z=np.arange(6.0).reshape(3, 2), title="<z>", scale="value"),
        Surface(x=y[:2], y=y, z=np.ones((3, 2)), title="z", scale="spread", smooth=False),
        Texts(x=x, y=y, texts=("<a>", "b", "c")),
    )
    bars = Bars(labels=("a", "b"), values=y[:2], low=y[:2], high=y[1:])
    for panel in (
        Panel(title="", x=log, y=choices, marks=drawn, alternative=""),
        Panel(title="", x=Axis(whole=True, ends=(0, 9)), y=Axis(), marks=(bars,), alternative=""),
        Panel(title="", x=Axis(hidden=True), y=Axis(log=True), marks=(), alternative=""),
    ):
        spec = interactive(panel, {"r": 0, "s": 1})
        colored = json.loads(
            re.sub(r'"--[a-z0-9-]+"', '"#123456"', json.dumps(spec, allow_nan=False))
        )
        go.Figure(colored)  # raises at a key or a value that Plotly does not know
        assert "<a>" not in json.dumps(spec)


def test_a_log_axis_is_given_its_range_in_powers_of_ten():
    panel = Panel(title="", x=Axis(log=True, ends=(1e-5, 0.1)), y=Axis(), marks=(), alternative="")
    axis = interactive(panel, {})["layout"]["xaxis"]
    assert axis["range"] == pytest.approx([-5, -1])
    assert axis["tickvals"] == pytest.approx([1e-5, 1e-4, 1e-3, 1e-2, 1e-1])
