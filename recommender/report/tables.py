"""The tables of the page: cells as texts, and what they sort by where that differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from recommender.insight.effects import Effects, Standing
from recommender.insight.scorecard import Scorecard
from recommender.number import format_value
from recommender.report.content import Content
from recommender.report.effects import in_words
from recommender.run import Run, Value
from recommender.wording import percent, with_sd

MOST_ROWS, MOST_CELLS = 2000, 40_000  # of runs; a page of more would open slowly
MOST_SCORED = 100  # proposals at most whose result is shown beside the prediction
LONGEST = 500  # characters of a cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column; `within` are the columns whose equal values a sort keeps together first."""

    title: str
    kind: Literal["number", "word", "prose"] = "number"
    within: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; the first cell of a row names it."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    sortable: bool = False


def best_table(content: Content) -> Table:
    """Return the incumbents: one, or one at each context value."""
    view = content.view
    rows = []
    for best in content.best:
        belief, value = best.incumbent, best.run.metrics.get(view.objective.metric)
        known = belief.mean is not None and belief.sd is not None
        rows.append(
            (
                best.run.id,
                *_values(best.run, view.space.names),
                "" if value is None else format_value(value),
                with_sd(belief.mean, belief.sd) if known else "–",  # type: ignore[arg-type]
                percent(belief.probability_best),
                str(belief.compared),
            )
        )
    context = ", ".join(view.objective.context)
    return Table(
        caption=f"The run believed to be the best{f' at each {context}' if context else ''}",
        columns=(
            Column(title="run", kind="word"),
            *(Column(title=name) for name in view.space.names),
            Column(title=view.objective.metric),
            Column(title="believed"),
            Column(title="P(best)"),
            Column(title="of"),
        ),
        rows=tuple(rows),
    )


def effects_table(effects: Effects) -> Table:
    """Return how an analysis of the parameters ends: what is known, where to look, how sure."""
    words = {
        Standing.CONTEXT: "sets the scale",
        Standing.EFFECT: "has an effect",
        Standing.FLAT: "cannot be told from flat",
        Standing.NEVER_VARIED: "never varied",
        Standing.UNKNOWN: "too few runs",
    }
    rows = []
    for each in effects.parameters:
        advice = each.advice
        rows.append(
            (
                each.name,
                words[each.standing],
                "–" if each.total is None else in_words(each.total),
                "–" if advice is None else _range(advice.known),
                "–" if advice is None else _range(advice.look) or "–",
                "–" if advice is None else percent(advice.chance),
            )
        )
    return Table(
        caption="Each parameter: the best known values, where to look next, and the chance that "
        "nothing within reach is better by more than matters",
        columns=(
            Column(title="parameter", kind="word"),
            Column(title="standing", kind="word"),
            Column(title="share of the variance"),
            Column(title="best known"),
            Column(title="look next"),
            Column(title="sure"),
        ),
        rows=tuple(rows),
    )


def scores_table(card: Scorecard) -> Table:
    """Return the proposals that came back: what was predicted, and what came."""
    rows = []
    for each in card.scored[-MOST_SCORED:]:
        predicted = "–" if each.mean is None or each.sd is None else with_sd(each.mean, each.sd)
        rows.append(
            (
                each.id,
                each.role,
                predicted,
                format_value(each.actual),
                "–" if each.z is None else f"{each.z:+.1f}",
            )
        )
    return Table(
        caption="What was predicted of the proposed runs, and what came",
        columns=(
            Column(title="run", kind="word"),
            Column(title="role", kind="word"),
            Column(title="predicted"),
            Column(title=card.metric),
            Column(title="off, in sds"),
        ),
        rows=tuple(rows),
    )


def coverage_table(card: Scorecard) -> Table:
    """Return how many results the intervals of the predictions held."""
    rows = [
        (f"{each.nominal:.0%}", f"{each.inside} of {each.of}", f"{each.low} to {each.high}")
        for each in card.coverage
    ]
    return Table(
        caption="How many of these results lay in the intervals of their predictions, and how many "
        "would with good ones, in 95 of 100 cases",
        columns=(
            Column(title="interval", kind="word"),
            Column(title="inside"),
            Column(title="if good"),
        ),
        rows=tuple(rows),
    )


def runs_table(content: Content) -> tuple[Table, int]:
    """Return the table of all runs, and how many of the oldest it leaves out of very many."""
    view, history = content.view, content.view.folded.history
    names = view.space.names
    metrics = [
        name for name in view.folded.metrics if any(name in run.metrics for run in history.runs)
    ]
    timed = any(run.hours is not None for run in history.runs)
    labelled = any(run.label for run in history.runs)
    noted = any(run.note for run in history.runs)
    context = view.declared.context
    within = tuple(2 + names.index(name) for name in context)
    note = f"within {', '.join(context)}" if context else ""
    columns = [
        Column(title="run", kind="word"),
        Column(title="status", kind="word"),
        *(Column(title=name) for name in names),
        *(
            Column(title=name, within=within, note=note)
            if name == view.declared.metric
            else Column(title=name)
            for name in metrics
        ),
    ]
    columns += [Column(title="hours")] if timed else []
    columns += [Column(title="label", kind="word")] if labelled else []
    columns += [Column(title="note", kind="prose")] if noted else []
    runs = history.runs[-min(MOST_ROWS, MOST_CELLS // len(columns)) :]
    rows = []
    for run in runs:
        row = [run.id, "excluded" if run.excluded else str(run.status), *_values(run, names)]
        row += [format_value(run.metrics[n]) if n in run.metrics else "" for n in metrics]
        row += ["" if run.hours is None else format_value(run.hours)] if timed else []
        row += [shorten(run.label)] if labelled else []
        row += [shorten(run.note)] if noted else []
        rows.append(tuple(row))
    left = len(history.runs) - len(runs)
    caption = f"{len(runs)} runs" if left else f"All {len(runs)} runs"
    table = Table(caption=caption, columns=tuple(columns), rows=tuple(rows), sortable=True)
    return table, left


def space_table(content: Content) -> Table:
    """Return what may be varied, and how."""
    rows = []
    for parameter in content.view.space:
        scale = getattr(parameter, "scale", "")
        kind = type(parameter).__name__.lower()
        rows.append((parameter.name, kind, parameter.allowed, scale))
    titles = ("parameter", "type", "allowed", "scale")
    return Table(
        caption="The search space",
        columns=tuple(Column(title=title, kind="word") for title in titles),
        rows=tuple(rows),
    )


def shorten(text: str) -> str:
    """Return a text, a very long one cut off."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _values(run: Run, names: Sequence[str]) -> list[str]:
    return [format_value(run.params[name]) for name in names]


def _range(values: tuple[Value, ...]) -> str:
    if len(values) == 2 and not any(isinstance(value, str) for value in values):
        return f"{format_value(values[0])} to {format_value(values[1])}"
    return ", ".join(format_value(value) for value in values)
