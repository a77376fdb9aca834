"""The page: one HTML file that needs nothing else, and in which nothing of the history can run.

Every text is escaped by the template engine. The figures' data is JSON in which no character can
end a script. A Content-Security-Policy permits the two scripts of the page by their hashes, and no
request at all; styles are free, because Plotly sets them one by one.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from recommender.insight.wording import of_lesson, of_reach
from recommender.number import format_value
from recommender.report.content import Content
from recommender.report.figure import Band, Figure, Line, Points
from recommender.report.interactive import escaped, interactive
from recommender.report.palette import DARK, LIGHT, LOOKS
from recommender.report.tables import (
    best_table,
    coverage_table,
    effects_table,
    runs_table,
    scores_table,
    space_table,
)
from recommender.run import Run
from recommender.wording import counted, percent, with_sd

MOST_CARDS = 24  # pending proposals at most that have one
MOST_TOLD = 12  # parameters and metrics at most of the run below the pointer

MARK = '<meta name="generator" content="recommend report">'
"""What a file begins with, near its top, that this module made."""


def page(content: Content, figures: Sequence[Figure]) -> str:
    """Return the report as one HTML document.

    Args:
        content: what it says.
        figures: what it shows, by their names; one that is missing is left out.
    """
    environment = Environment(
        loader=PackageLoader("recommender.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"value": format_value, "percent": percent, "counted": counted}
    environment.globals |= {
        "predicted": with_sd,
        "looks": _look,
        "of_reach": of_reach,
        "of_lesson": of_lesson,
    }
    plotly, script = _plotly(), _packaged("page.js")
    runs, left_out = runs_table(content)
    return environment.get_template("page.html").render(
        mark=Markup(MARK),
        policy=policy(plotly, script),
        style=Markup(_style()),
        plotly=Markup(plotly),
        script=Markup(script),
        data=Markup(in_script(_data(content, figures))),
        content=content,
        objective=content.view.objective,
        history=content.view.folded.history,
        pending=content.view.folded.history.pending,
        most_cards=MOST_CARDS,
        figures={figure.name: figure for figure in figures},
        best=best_table(content),
        effects=effects_table(content.effects),
        scores=scores_table(content.scorecard),
        coverage=coverage_table(content.scorecard),
        runs=runs,
        left_out=left_out,
        space=space_table(content),
    )


def policy(*scripts: str) -> str:
    """Return the Content-Security-Policy that permits these inline scripts, and no request."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def in_script(document: object) -> str:
    """Return JSON that may stand in a script element: all but ASCII, and < > &, are escaped."""
    text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _data(content: Content, figures: Sequence[Figure]) -> Mapping[str, object]:
    """Return what the page's script draws, and what it says of a run where the pointer is."""
    view, runs = content.view, content.view.folded.history.runs
    numbers = {run.id: number for number, run in enumerate(runs)}
    metrics = sorted(view.folded.metrics, key=lambda name: name != view.objective.metric)
    names = [*view.space.names, *metrics][:MOST_TOLD]
    return {
        "panels": {
            f"{figure.name}-{number}": interactive(panel, numbers)
            for figure in figures
            for number, panel in enumerate(figure.panels)
        },
        "names": [escaped(name) for name in names],
        "runs": [_told(run, names) for run in runs] if figures else [],
    }


def _told(run: Run, names: Sequence[str]) -> list[str]:
    """Return a run's id, and its parameters and metrics of these names, as Plotly shows them."""
    values = [run.params.get(name, run.metrics.get(name, "")) for name in names]
    return [escaped(text) for text in (run.id, *map(format_value, values))]


def _look(mark: Points | Line | Band) -> Mapping[str, str]:
    """Return how a key shows a mark: the shape, and its colours."""
    if isinstance(mark, Band):
        return {"shape": "band", "style": "color: var(--band)"}
    look = LOOKS[mark.role]
    shape = "line" if isinstance(mark, Line) else look.symbol
    if look.color in LIGHT:
        return {"shape": shape, "style": f"color: var(--{look.color})"}
    # A colour that only its ring tells from the page.
    return {"shape": shape, "style": f"color: {look.color}; box-shadow: 0 0 0 1.5px {look.ring}"}


def _style() -> str:
    """Return the style sheet, with the colours of both themes before it."""

    def of(theme: Mapping[str, str]) -> str:
        return "".join(f"--{name}:{color};" for name, color in theme.items())

    dark = f"@media (prefers-color-scheme:dark){{:root{{{of(DARK)}}}}}"
    return f":root{{{of(LIGHT)}}}\n{dark}\n{_packaged('style.css')}"


def _plotly() -> str:
    """Return the whole of Plotly as a script."""
    path = files("plotly") / "package_data" / "plotly.min.js"
    return path.read_text(encoding="utf-8").replace("\r\n", "\n")


def _packaged(name: str) -> str:
    path = files("recommender.report") / "templates" / name
    return path.read_text(encoding="utf-8")
