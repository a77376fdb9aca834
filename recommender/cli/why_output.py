"""Why proposals were made, as a person reads it, and as a program does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from recommender.cli.layout import print_line
from recommender.cli.session import answers, printable
from recommender.insight import wording
from recommender.insight.explanation import Explanation, Predicted
from recommender.insight.lessons import Lesson
from recommender.insight.neighbours import Beyond, Neighbour
from recommender.number import format_value
from recommender.run import Params
from recommender.wording import with_sd


def print_why(found: Sequence[Explanation], metric: str) -> None:
    """Print a card for each proposal.

    Args:
        found: the explanations.
        metric: the one that they are explained by.
    """
    console = answers()
    for index, one in enumerate(found):
        if index:
            console.print()
        proposal = one.proposal
        title = f"{proposal.id}  {proposal.role}, batch {proposal.batch}"
        console.print(Text(printable(title), style="bold"))
        print_line(console, " ", values(proposal.params))
        print_line(console, " ", proposal.reason)
        print_line(console, "-", f"predicted: {_stored(one)}{predictions(one.predicted)}")
        print_reach(console, metric, one.neighbours, one.beyond)
        for lesson in one.lessons:
            print_line(console, "-", wording.of_lesson(metric, lesson))
        if one.neighbours and not one.lessons:
            print_line(console, "-", "no likely result would rule much out")


def why_document(found: Sequence[Explanation], metric: str) -> dict[str, Any]:
    """Return the explanations as the document of `why --json`."""
    return {"metric": metric, "proposals": [_document(one, metric) for one in found]}


def print_reach(
    console: Console, metric: str, neighbours: Sequence[Neighbour], beyond: Sequence[Beyond]
) -> None:
    """Print whether a prediction interpolates, and the nearest runs; nothing without a model."""
    if not neighbours:
        print_line(console, "-", f"there is no model of {metric} yet")
        return
    print_line(console, "-", wording.of_reach(beyond))
    near = ", ".join(wording.of_neighbour(metric, one) for one in neighbours)
    print_line(console, "-", f"nearest: {near}")


def predictions(found: Sequence[Predicted]) -> str:
    """Return the predictions of several metrics in words."""
    return ", ".join(map(_prediction, found))


def _prediction(one: Predicted) -> str:
    if one.mean is None or one.sd is None:
        return f"{one.metric} –"
    doubt = " (a guess: the runs cannot be told from a constant with noise)" if one.guess else ""
    return f"{one.metric} {with_sd(one.mean, one.sd)}{doubt}"


def predictions_document(found: Sequence[Predicted]) -> dict[str, Any]:
    """Return the predictions of several metrics, each under its name."""
    return {one.metric: {"mean": one.mean, "sd": one.sd, "guess": one.guess} for one in found}


def reach_document(neighbours: Sequence[Neighbour], beyond: Sequence[Beyond]) -> dict[str, Any]:
    """Return the nearest runs, and where a prediction extrapolates."""
    return {
        "nearest": [
            {
                "id": one.id,
                "result": one.result,
                "similarity": one.similarity,
                "changed": list(one.changed),
            }
            for one in neighbours
        ],
        "extrapolates": {
            one.parameter: {"value": one.value, "tried": list(one.tried)} for one in beyond
        },
    }


def values(params: Params) -> str:
    """Return parameters in one line."""
    return ", ".join(f"{name} {format_value(value)}" for name, value in params.items())


def _stored(one: Explanation) -> str:
    """Return what was predicted when it was proposed, if the runs say something else by now."""
    proposal = one.proposal
    if proposal.mean is None or proposal.sd is None:
        return ""
    then = f"{proposal.metric} {with_sd(proposal.mean, proposal.sd)}"
    return "" if then in predictions(one.predicted) else f"{then} when it was proposed; now "


def _document(one: Explanation, metric: str) -> dict[str, Any]:
    proposal = one.proposal
    return {
        "id": proposal.id,
        "batch": proposal.batch,
        "params": dict(proposal.params),
        "role": proposal.role,
        "reason": proposal.reason,
        "proposed": {"metric": proposal.metric, "mean": proposal.mean, "sd": proposal.sd},
        "predicted": predictions_document(one.predicted),
        **reach_document(one.neighbours, one.beyond),
        "lessons": [_lesson(lesson, metric) for lesson in one.lessons],
    }


def _lesson(lesson: Lesson, metric: str) -> dict[str, Any]:
    return {
        "result": "above" if lesson.above else "below",
        "threshold": lesson.threshold,
        "chance": lesson.chance,
        "parameter": lesson.parameter,
        "side": lesson.side,
        "value": lesson.value,
        "before": lesson.before,
        "after": lesson.after,
        "ruled_out": lesson.ruled_out,
        "message": wording.of_lesson(metric, lesson),
    }
