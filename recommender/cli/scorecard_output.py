"""How past predictions did, as a person reads it, and as a program does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from recommender.cli.layout import print_line, print_runs, print_title
from recommender.cli.session import answers, printable
from recommender.insight.calibration import Coverage
from recommender.insight.progress import Progress
from recommender.insight.scorecard import Scorecard, Scored
from recommender.number import format_value
from recommender.wording import counted, percent, with_sd

FEW = 8  # results: of fewer, a wrong width cannot be told
WIDE = 0.8  # the interval that the verdict is about


def print_scorecard(found: Scorecard) -> None:
    """Print each proposal with its result, then what they say together."""
    console = answers()
    waiting = f", {found.waiting} without one" if found.waiting else ""
    title = f"{counted(len(found.scored), 'proposal')} with a value of {found.metric}{waiting}"
    console.print(Text(printable(title), style="bold"))
    if any(one.mean is not None for one in found.scored):
        console.print()
    rows = [_row(one) for one in found.scored]
    headings = ["run", "batch", "role", "predicted", found.metric, "sds off", "nearest run had"]
    print_runs(console, headings, rows)
    if any(one.recomputed and one.mean is not None for one in found.scored):
        text = (
            f"* nothing was predicted of {found.metric} at that time; this is what the runs of "
            "earlier batches predict"
        )
        console.print(Text(text, style="dim"))
    console.print()
    for sentence in sentences(found):
        print_line(console, "-", sentence)
    _print_progress(console, found)


def scorecard_document(found: Scorecard) -> dict[str, Any]:
    """Return the scorecard as the document of `scorecard --json`."""
    document = asdict(found)
    for row, one in zip(document["scored"], found.scored, strict=True):
        row["z"] = one.z
    return {**document, "messages": list(sentences(found))}


def sentences(found: Scorecard) -> Iterator[str]:
    """Yield what the scorecard says, a sentence each."""
    for each in found.coverage:
        if each.nominal == WIDE:
            yield _of_coverage(each)
    if found.errors is not None:
        errors = found.errors
        yield (
            f"typical error over {counted(errors.of, 'result')}: {errors.model:.3g} by the model, "
            f"{errors.constant:.3g} by the mean of the runs before"
            f"{' at equal ' + ' and '.join(found.context) if found.context else ''}, "
            f"{errors.nearest:.3g} by the nearest of them"
        )
    if found.rank is not None:
        within = f" of equal {' and '.join(found.context)}" if found.context else ""
        yield (
            f"the order was predicted with a rank correlation of {found.rank:.2f} (Kendall's tau, "
            f"{counted(found.pairs, 'pair')}{within}; 1 is perfect, 0 is chance)"
        )
    elif found.context and len(found.scored) > 1:
        yield (
            f"the order cannot be judged: no two of them have equal {' and '.join(found.context)}"
        )


def _of_coverage(each: Coverage) -> str:
    told = (
        f"{each.inside} of {counted(each.of, 'result')} lay within the {each.nominal:.0%} "
        f"interval of its prediction; with good ones {each.low} to {each.high} would"
    )
    if each.inside < each.low:
        return f"{told}: the predictions are too sure"
    if each.of < FEW:
        return f"{told}: too few to tell"
    if each.inside > each.high or (each.inside == each.of > each.high):
        return f"{told}: the predictions are not sure enough"
    return f"{told}: as it should be"


def _row(one: Scored) -> list[str]:
    predicted = "–"
    if one.mean is not None and one.sd is not None:
        predicted = with_sd(one.mean, one.sd) + ("*" if one.recomputed else "")
    return [
        one.id,
        str(one.batch),
        one.role,
        predicted,
        format_value(one.actual),
        "–" if one.z is None else f"{one.z:+.1f}",
        "–" if one.nearest is None else f"{one.nearest:.4g}",
    ]


def _print_progress(console: Console, found: Scorecard) -> None:
    if not found.progress:
        return
    print_title(console, "best so far, against random search")
    rows = [_progress_row(one) for one in found.progress]
    first = " and ".join(found.context) or "runs"
    headings = [first, "proposals", "before", "found", "random search", "chance"]
    print_runs(console, headings, rows)
    console.print()
    text = (
        "Random search from the same start, with as many runs, in worlds drawn from the model: "
        "its median, and the middle 80 % of its luck. Chance: that it comes as far."
    )
    console.print(Text(text, style="dim"))


def _progress_row(one: Progress) -> list[str]:
    return [
        ", ".join(map(format_value, one.context.values())) or "all",
        str(len(one.runs)),
        "–" if one.before is None else f"{one.before:.4g}",
        f"{one.found[-1]:.4g}",
        f"{one.median[-1]:.4g} ({one.low[-1]:.4g} to {one.high[-1]:.4g})",
        percent(one.chance) if one.found[-1] != one.before else "nothing better found",
    ]
