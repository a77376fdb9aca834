"""The effects of the parameters as a person reads them, and as a program does."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from statistics import median
from typing import Any

from rich.console import Console
from rich.text import Text

from recommender.cli.layout import print_line, print_runs, print_title
from recommender.cli.session import answers, printable
from recommender.cli.sparkline import sparkline
from recommender.insight.advice import Advice
from recommender.insight.comparisons import Comparison, Level
from recommender.insight.effects import Effects, ParameterEffect, Share, Standing
from recommender.insight.main_effect import Curve
from recommender.number import format_value
from recommender.run import Value
from recommender.wording import counted, percent

SHOWN = 3  # comparisons of a parameter, where all parameters are shown
STEP = 2  # of the values of a curve, one character each


def print_effects(found: Effects, *, whole: bool) -> None:
    """Print the effects: an overview, what the runs show, a sentence each, and what follows.

    Args:
        found: the effects.
        whole: every comparison and every curve in figures, as for one parameter.
    """
    console = answers()
    names = " and ".join(found.context)
    at = f", compared at equal {names}" if names else ""
    title = f"{counted(found.runs, 'run')} with {found.metric}, to {found.direction}{at}"
    console.print(Text(printable(title), style="bold"), soft_wrap=True)
    for note in found.notes:
        print_line(console, "!", note, "yellow")
    _print_overview(console, found)
    for parameter in found.parameters:
        _print_comparisons(console, found, parameter, None if whole else SHOWN)
        if whole and parameter.curve is not None:
            _print_curve(console, found.metric, parameter.name, parameter.curve)
    print_title(console, "what it comes to")
    for parameter in found.parameters:
        print_line(console, f"{parameter.name} ", parameter.sentence)
    for pair in found.interactions:
        print_line(
            console, f"{pair.one} x {pair.other} ", f"{pair.sentence} ({_share(pair.share)})"
        )
    _print_advice(console, found)


def effects_document(found: Effects) -> dict[str, Any]:
    """Return the effects as the document of `effects --json`."""
    return asdict(found)


def _print_overview(console: Console, found: Effects) -> None:
    if all(parameter.curve is None for parameter in found.parameters):
        return
    print_title(console, "main effects and importance")
    rows = []
    for parameter in found.parameters:
        curve = parameter.curve
        rows.append(
            [
                parameter.name,
                "" if curve is None else _line(curve, console.options.ascii_only),
                "" if curve is None else f"{_short(curve.values[0])} to {_short(curve.values[-1])}",
                *_change(parameter),
                _share(parameter.first),
                _share(parameter.total),
                _WORDS[parameter.standing],
            ]
        )
    headings = [
        *("parameter", f"{found.metric} over its range", "from, to"),
        *("largest change", "alone", "with others", ""),
    ]
    print_runs(console, headings, rows)
    within = f" at equal {' and '.join(found.context)}" if found.context else ""
    text = (
        f"Each effect is averaged over the other parameters; changes are those within the range "
        f"of the runs, ± one sd. Alone and with others: shares of the variance{within} (Sobol "
        "indices, 90 % interval)."
    )
    console.print()
    console.print(Text(text, style="dim"))


_WORDS = {
    Standing.CONTEXT: "sets the scale",
    Standing.EFFECT: "",
    Standing.FLAT: "cannot be told from flat",
    Standing.NEVER_VARIED: "never varied",
    Standing.UNKNOWN: "no model yet",
}


def _print_comparisons(
    console: Console, found: Effects, parameter: ParameterEffect, most: int | None
) -> None:
    shown = parameter.comparisons[:most]
    if not shown:
        return
    print_title(console, f"{found.metric} where {parameter.name} alone differs")
    values = sorted(
        {level.value for comparison in shown for level in comparison.levels},
        key=lambda value: (isinstance(value, str), value),
    )
    rows = [
        [*map(format_value, comparison.fixed.values()), *_cells(comparison, values, found.doubted)]
        for comparison in shown
    ]
    print_runs(console, [*shown[0].fixed, *map(_short, values)], rows)
    if len(parameter.comparisons) > len(shown):
        rest = len(parameter.comparisons) - len(shown)
        text = f"and {rest} more: recommend effects {parameter.name}"
        console.print(Text(text, style="dim"))
    if any("?" in cell for row in rows for cell in row):
        console.print(Text("? a result that is not believed; see recommend next", style="dim"))


def _cells(comparison: Comparison, values: Sequence[Value], doubted: Collection[str]) -> list[str]:
    by_value = {level.value: level for level in comparison.levels}
    return [_results(by_value.get(value), doubted) for value in values]


def _results(level: Level | None, doubted: Collection[str]) -> str:
    if level is None:
        return ""
    return ", ".join(
        f"{result:.4g}{'?' if run in doubted else ''}"
        for run, result in zip(level.runs, level.results, strict=True)
    )


def _print_curve(console: Console, metric: str, name: str, curve: Curve) -> None:
    print_title(console, f"{metric} by {name}, averaged over the other parameters")
    rows = [
        [_short(value), f"{mean:.4g}", f"{sd:.2g}"]
        for value, mean, sd in list(zip(curve.values, curve.mean, curve.sd, strict=True))[::STEP]
    ]
    print_runs(console, [name, metric, "sd"], rows)


def _print_advice(console: Console, found: Effects) -> None:
    if all(parameter.advice is None for parameter in found.parameters):
        return
    print_title(console, "where that leaves each parameter")
    rows = []
    for parameter in found.parameters:
        advice = parameter.advice
        rows.append(
            [
                parameter.name,
                _known(parameter),
                _look(parameter),
                percent(advice.chance if advice else None),
            ]
        )
    print_runs(console, ["parameter", "best known", "look next", "sure"], rows)
    console.print()
    text = (
        f"All else at the best known settings. Sure: the chance that no value within reach of the "
        f"next batch is better than the best known by more than {found.tolerance:.2g} of "
        f"{found.metric}."
    )
    console.print(Text(text, style="dim"))


def _known(parameter: ParameterEffect) -> str:
    if parameter.advice is None:
        return "not ranked" if parameter.standing is Standing.CONTEXT else "–"
    known = _values(parameter.advice, parameter.advice.known)
    return f"any of {known}" if parameter.standing is Standing.FLAT else known


def _look(parameter: ParameterEffect) -> str:
    if parameter.standing is Standing.CONTEXT:
        return "its whole range"
    if parameter.standing is Standing.NEVER_VARIED:
        return "vary it"
    if parameter.advice is None or not parameter.advice.look:
        return "cannot be told"
    return _values(parameter.advice, parameter.advice.look)


def _values(advice: Advice, values: Sequence[Value]) -> str:
    shown = [_short(value) for value in values]
    if len(shown) == 2 and not isinstance(values[0], str):
        return f"{shown[0]} to {shown[1]}"
    return ", ".join(shown)


def _line(curve: Curve, ascii_only: bool) -> str:
    return sparkline(curve.mean[::STEP], 4.0 * median(curve.sd), ascii_only=ascii_only)


def _change(parameter: ParameterEffect) -> list[str]:
    change = parameter.change
    return ["–" if change is None else f"{change.difference:+.2g} ± {change.sd:.2g}"]


def _share(share: Share | None) -> str:
    if share is None:
        return "–"
    return f"{share.mean:.0%} ({100 * share.low:.0f} to {100 * share.high:.0f} %)"


def _short(value: Value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else format_value(value)
