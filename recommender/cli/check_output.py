"""The review of a config as a person reads it, and as a program does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.text import Text

from recommender.campaign.project import Project
from recommender.cli.layout import print_line, print_runs, print_title
from recommender.cli.session import answers, printable
from recommender.cli.why_output import (
    predictions,
    predictions_document,
    print_reach,
    reach_document,
    values,
)
from recommender.insight.review import Candidate, Review
from recommender.number import format_value
from recommender.wording import percent, with_sd


def print_check(project: Project, path: Path, found: Review) -> None:
    """Print what is wrong with a config, what is predicted, and how it ranks."""
    console = answers()
    console.print(Text(printable(str(path)), style="bold"), soft_wrap=True)
    print_line(console, " ", values(found.own.params))
    for code, message, _ in warnings(project, found):
        print_line(console, "!", f"{message} [{code}]", "yellow")
    print_line(console, "-", f"predicted: {predictions(found.predicted)}")
    at = f" at {values(found.context)}" if found.context else ""
    if found.incumbent is not None:
        chance = percent(found.own.probability_of_improvement)
        text = f"chance to beat {found.incumbent}, the best known{at}: {chance}"
        print_line(console, "-", text)
    print_reach(console, found.metric, found.neighbours, found.beyond)
    if found.rank is None:
        return
    print_title(
        console,
        f"number {found.rank} of {len(found.rivals) + 1} by expected improvement, beside what "
        f"`recommend next` would propose{at}",
    )
    candidates = sorted(
        (found.own, *found.rivals), key=lambda one: -(one.expected_improvement or 0.0)
    )
    headings = ["", *found.own.params, f"{found.metric} ± sd", "chance", "expected", "role"]
    rows = [[str(place), *_cells(one)] for place, one in enumerate(candidates, 1)]
    print_runs(console, headings, rows)
    console.print()
    text = f"chance and expected: of an improvement of {found.metric} on the best known"
    console.print(Text(text, style="dim"))


def check_document(project: Project, path: Path, found: Review) -> dict[str, Any]:
    """Return the review as the document of `check --json`."""
    return {
        "config": str(path),
        "metric": found.metric,
        "params": dict(found.own.params),
        "predicted": predictions_document(found.predicted),
        "incumbent": found.incumbent,
        "expected_improvement": found.own.expected_improvement,
        "probability_of_improvement": found.own.probability_of_improvement,
        "rank": found.rank,
        "of": None if found.rank is None else len(found.rivals) + 1,
        "recommended": [asdict(one) for one in found.rivals],
        **reach_document(found.neighbours, found.beyond),
        "warnings": [
            {"code": code, "message": message, "runs": runs}
            for code, message, runs in warnings(project, found)
        ],
    }


def warnings(project: Project, found: Review) -> Iterator[tuple[str, str, list[str]]]:
    """Yield what speaks against running it: a code, a message, and the runs it is about."""
    for name in found.outside:
        value = format_value(found.own.params[name])
        message = f"{name} {value} is out of bounds: {project.config.space[name].allowed}"
        yield "out-of-bounds", message, []
    for code, exact, verb in (
        ("duplicate-run", True, "is"),
        ("near-duplicate", False, "is nearly"),
    ):
        twins = [twin for twin in found.twins if twin.exact is exact]
        if twins:
            named = ", ".join(f"{twin.id} ({twin.status})" for twin in twins)
            yield code, f"this config {verb} that of {named}", [twin.id for twin in twins]


def _cells(one: Candidate) -> list[str]:
    predicted = "–"
    if one.mean is not None and one.sd is not None:
        predicted = with_sd(one.mean, one.sd)
    gain = "–" if one.expected_improvement is None else f"{one.expected_improvement:.2g}"
    chance = percent(one.probability_of_improvement)
    return [*map(format_value, one.params.values()), predicted, chance, gain, one.role]
