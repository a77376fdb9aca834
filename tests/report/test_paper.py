"""Figures for a paper, as files."""

from __future__ import annotations

import io
import re
import sys

import numpy as np
import pytest
from matplotlib.font_manager import get_font_names
from PIL import Image

from recommender.errors import UsageError
from recommender.report.figure import (
    Axis,
    Band,
    Bars,
    Figure,
    Line,
    Panel,
    Points,
    Surface,
    Texts,
)
from recommender.report.paper import CHINESE, FORMATS, MARK, drawn, require_installed


@pytest.fixture
def figure():
    """Every kind of mark, with names that would be markup, formulas or in other scripts."""
    x = np.array([0.001, 0.01, 0.1])
    y = np.array([0.0, 1.0, 2.0])
    name = "$\\frac{a}{$ <b>_& "
    marks = (
        Surface(x=x, y=y, z=np.outer(y, x), title=name, scale="value"),
        Band(x=x, low=y - 1, high=y + 1, name="band"),
        Line(x=x, y=y, role="mean", name="best so far", steps=True),
        Points(x=x, y=y, role="run", name="runs", low=y - 1, high=y + 1),
        Texts(x=x, y=y, texts=("a", name, "c")),
    )
    cells = Surface(x=y, y=y, z=np.ones((3, 3)), title="sd", scale="spread", smooth=False)
    bars = Bars(labels=("a", name), values=y[:2], low=y[:2], high=y[1:])
    choices = Axis(title="k", ticks=((0.0, "a_very_long_choice"), (1.0, name)), ends=(-0.5, 1.5))
    log = Axis(title="lr", log=True, ends=(0.001, 0.1))
    return Figure(
        name="all",
        title="All",
        caption="",
        panels=(
            Panel(title=name, x=log, y=Axis(title=name), marks=marks, alternative=""),
            Panel(title="", x=choices, y=Axis(hidden=True), marks=(cells,), alternative=""),
            Panel(title="", x=Axis(whole=True), y=Axis(), marks=(bars,), alternative=""),
        ),
    )


@pytest.mark.parametrize("format", FORMATS)
def test_a_figure_is_a_file_of_its_kind_that_says_who_made_it(figure, format):
    data, complete = drawn(figure, format)
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[format]
    assert data.startswith(start)
    assert MARK in data
    assert complete
    assert drawn(figure, format)[0] == data


def test_a_picture_is_large_enough_for_a_page(figure):
    picture = Image.open(io.BytesIO(drawn(figure, "png")[0]))
    assert picture.width == 1440  # 7.2 inches
    assert len(picture.convert("RGB").getcolors(1 << 24)) > 20


def test_a_picture_holds_no_script_and_names_no_place(figure):
    text = drawn(figure, "svg")[0].decode()
    assert "<script" not in text
    links = re.findall(r'(?:href|src)="([^"]*)"', text)
    assert all(link.startswith(("#", "data:")) for link in links)


def test_characters_that_no_font_has_are_told(figure):
    chinese = bool(set(CHINESE) & set(get_font_names()))
    for title, complete in (("学习率", chinese), ("\U000e0041\u1f7f\ufdd0", False)):
        panel = Panel(title=title, x=Axis(), y=Axis(), marks=(), alternative="")
        one = Figure(name="one", title="", caption="", panels=(panel,))
        assert drawn(one, "png")[1] is complete


@pytest.mark.parametrize("missing", ["matplotlib", "seaborn"])
def test_where_a_library_is_missing_the_way_to_get_it_is_told(missing, monkeypatch):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(UsageError, match=r"pip install 'recommender\[figures\]'") as error:
        require_installed()
    assert missing in str(error.value)
