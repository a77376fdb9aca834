"""Makes the tables and figures of `benchmarks/README.md` anew from the results.

    python -m benchmarks.report

Reads `race.csv`, `ablation.csv`, `turns.csv` and `commands.csv` in `results/`, and replaces what
stands between the markers of the README.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks import comparison, cost, planted_errors
from benchmarks.markdown import table
from benchmarks.peers import OURS
from benchmarks.results import ABLATION, CHECKPOINTS, RESULTS, Results, Row, read
from benchmarks.tasks import KINDS, REPORTING, names_of
from benchmarks.variants import VARIANTS
from benchmarks.world import BASE, CONDITIONS

README = Path(__file__).with_name("README.md")
FIGURES = Path(__file__).with_name("results")
SIGNIFICANT = 0.05
Array = npt.NDArray[np.float64]


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _ratio(ours: Array, theirs: Array) -> str:
    if not len(ours):
        return ""
    low, high = comparison.ratio_interval(ours, theirs)
    return f"{comparison.ratio(ours, theirs):.2f} [{low:.2f}, {high:.2f}]"


def overview(results: Results) -> str:
    """The peers of one condition, one a line."""
    ranked = results.often_raced
    ranks = {
        runs: dict(zip(ranked, comparison.mean_ranks(results.of(ranked, runs)), strict=True))
        for runs in CHECKPOINTS
    }
    lines = []
    for peer in results.peers:
        own = results.of([peer], CHECKPOINTS[-1])[:, 0]
        ours, theirs = results.pairs(peer)
        lines.append(
            [
                f"**{peer}**" if peer == OURS else peer,
                *(f"{ranks[runs][peer]:.2f}" if peer in ranked else "" for runs in CHECKPOINTS),
                f"{comparison.geometric_mean(own):.4f}",
                f"{comparison.worst_decile(own):.3f}",
                "" if peer == OURS else _ratio(ours, theirs),
                "" if peer == OURS else _p(comparison.wilcoxon_p(ours, theirs)),
                str(len(own)),
                str(len(results.failed[peer])),
            ]
        )
    header = ["peer", *(f"rank {runs}" for runs in CHECKPOINTS)]
    header += ["regret 40", "worst decile", "ours / peer", "p", "races", "failed"]
    text = (
        f"{table(header, lines)}\n\nRanks among the {len(ranked)} peers that have one, over the "
        f"{len(results.of(ranked, CHECKPOINTS[-1]))} races that they all ended."
    )
    shared = results.of(results.peers, CHECKPOINTS[-1])
    if len(ranked) < len(results.peers) and len(shared):
        means = zip(results.peers, comparison.mean_ranks(shared), strict=True)
        every = ", ".join(f"{peer} {rank:.2f}" for peer, rank in means)
        text += (
            f" Over the {len(shared)} races that all peers ended the ranks after 40 are: {every}."
        )
    return text


def ratios(named: Mapping[str, Results]) -> str:
    """Our regret over each peer's after 40 runs, a line a name."""
    peers = list(dict.fromkeys(peer for results in named.values() for peer in results.others))
    lines = [
        [name, *(_ratio(*results.pairs(peer)) if peer in results.peers else "" for peer in peers)]
        for name, results in named.items()
    ]
    return table(["", *peers], lines)


def by_task(results: Results, tasks: Sequence[str]) -> str:
    """The geometric mean regret on each task of the peers that raced often; the lowest in bold."""
    peers = results.often_raced
    lines = []
    for task in tasks:
        one = Results(row for key, row in results.rows.items() if key.task == task)
        table = one.of(peers, CHECKPOINTS[-1])
        if len(table):
            means = [comparison.geometric_mean(column) for column in table.T]
            cells = [f"**{m:.4f}**" if m == min(means) else f"{m:.4f}" for m in means]
            lines.append([f"{task} ({KINDS[task]})", *cells])
    return table(["task", *peers], lines)


def losses(results: Results) -> str:
    """Where a peer is ahead of this engine, worst first."""
    found = []
    for condition in CONDITIONS:
        for task in KINDS:
            one = results.only(condition, [task])
            for peer in one.others:
                ours, theirs = one.pairs(peer)
                if len(ours) > 1 and comparison.ratio(ours, theirs) > 1:
                    p = comparison.wilcoxon_p(ours, theirs)
                    if p < SIGNIFICANT:
                        cells = [condition, f"{task} ({KINDS[task]})", peer]
                        found.append((comparison.ratio(ours, theirs), cells, (ours, theirs), p))
    if not found:
        return f"On no task under any condition is a peer ahead with p < {SIGNIFICANT}."
    found.sort(key=lambda entry: -entry[0])
    lines = [[*cells, _ratio(*pair), _p(p)] for _, cells, pair, p in found]
    return table(["condition", "task", "peer", "ours / peer", "p"], lines)


def luckiest(results: Results) -> str:
    """The same ratios if everyone recommended the run of the lowest recorded loss."""
    rows = [
        Row(row.key, (row.luckiest,) * len(CHECKPOINTS), row.luckiest, row.seconds)
        for row in results.rows.values()
        if row.luckiest is not None
    ]
    return ratios({"luckiest run": Results(rows)})


def failures(results: Results) -> str:
    """What broke off, and why."""
    lines = [
        [peer, str(len(rows)), rows[0].error.replace("|", "/")]
        for peer, rows in results.failed.items()
        if rows
    ]
    return table(["peer", "races", "for instance"], lines) if lines else "No race broke off."


def race_report(rows: list[Row]) -> str:
    """The part of the README that the race fills, with its figures."""
    everything = Results(rows)
    reporting = everything.only(BASE, names_of("reporting"))
    if OURS not in reporting.peers or not reporting.others:
        return "No results yet."
    conditions = {
        name: results
        for name in CONDITIONS
        if OURS in (results := everything.only(name, names_of("reporting"))).peers
    }
    kinds = {
        kind: everything.only(BASE, tasks)
        for kind, tasks in REPORTING.items()
        if everything.only(BASE, tasks).rows
    }
    draw(kinds, conditions)
    parts = [
        "### The reporting half, base condition",
        overview(reporting),
        "![Regret by runs](results/regret.png)",
        "### By kind of task, base condition, reporting half",
        ratios(kinds),
        "### By condition, reporting half",
        ratios(conditions),
        "![Ratios by condition](results/ratios.png)",
        "### Where this engine loses",
        f"Tasks of both halves on which a peer is ahead with p < {SIGNIFICANT}, one test each, not "
        "corrected for their number.",
        losses(everything),
        "### Every task of the reporting half, base condition",
        by_task(reporting, names_of("reporting")),
        "### If everyone recommended the luckiest run",
        luckiest(reporting),
        "### The choosing half, on which the defaults were chosen",
        overview(chosen)
        if OURS in (chosen := everything.only(BASE, names_of("choosing"))).peers
        else "No results yet.",
        "### A loss that a temperature rescales",
        apart(everything),
        "### Races that broke off",
        failures(everything),
    ]
    return "\n\n".join(parts)


def apart(everything: Results) -> str:
    """The twin whose loss is confounded, of which no other table knows."""
    results = everything.only(BASE, names_of("apart"))
    if not results.rows:
        return "No results yet."
    lines = [
        [peer, f"{comparison.geometric_mean(own):.3f}", str(len(own))]
        for peer in results.peers
        if len(own := results.of([peer], CHECKPOINTS[-1])[:, 0])
    ]
    return table(["peer", "regret 40", "races"], lines)


def draw(kinds: Mapping[str, Results], conditions: Mapping[str, Results]) -> None:
    """Draw the figures of the race."""
    from benchmarks import figures  # the tables need no matplotlib

    panels = {}
    for kind, results in kinds.items():
        peers = results.often_raced
        tables = [results.of(peers, runs) for runs in CHECKPOINTS]
        if len(tables[0]):
            means = np.array([[comparison.geometric_mean(c) for c in table.T] for table in tables])
            panels[kind] = (CHECKPOINTS, dict(zip(peers, means.T.tolist(), strict=True)))
    figures.curves(panels, ("runs", "regret of the recommended run"), FIGURES / "regret.png")
    figures.intervals(
        {
            name: {
                peer: (comparison.ratio(*pair), *comparison.ratio_interval(*pair))
                for peer in results.others
                if len((pair := results.pairs(peer))[0])
            }
            for name, results in conditions.items()
        },
        FIGURES / "ratios.png",
    )


def ablation_report(rows: list[Row]) -> str:
    """What each choice of the recipe is worth: every variant's regret over that of the engine."""
    results = Results(rows)
    changed = {
        name: (variant.item, variant.says, results.pairs(name))
        for name, variant in VARIANTS.items()
        if name in results.peers
    }
    if OURS not in results.peers or not changed:
        return "No results yet."
    own = [row for key, row in results.rows.items() if key.peer == OURS and row.regrets]
    chosen = np.array([row.regrets[-1] for row in own])
    seen = np.array([row.luckiest or 0.0 for row in own])
    changed["luckiest"] = ("incumbent", "the run of the lowest loss", (chosen, seen))
    lines = [
        [item, says, _ratio(theirs, ours), _p(comparison.wilcoxon_p(theirs, ours)), str(len(ours))]
        for item, says, (ours, theirs) in changed.values()
    ]
    return table(["choice", "instead", "instead / ours", "p", "races"], lines)


def cost_report() -> str:
    """The part of the README that the costs fill, with its figure."""
    turns, commands = cost.read_turns(), cost.read_commands()
    parts = []
    if turns:
        runs = sorted({turn.runs for turn in turns})
        taken = {(t.peer, t.threads, t.runs): t for t in turns}
        heads = list(dict.fromkeys((t.peer, t.threads) for t in turns))
        lines = [
            [f"{peer}, {threads} thread{'s' * (threads > 1)}", *(
                _spent(taken[peer, threads, n]) if (peer, threads, n) in taken else ""
                for n in runs
            )]
            for peer, threads in heads
        ]  # fmt: skip
        parts += [
            "Seconds from four results to the next four proposals, by the runs known before, and "
            "the memory of the whole process at its highest:",
            table(["", *(f"{n:,}" for n in runs)], lines),
            "![Seconds by runs](results/cost.png)",
        ]
        from benchmarks import figures

        figures.costs(turns, FIGURES / "cost.png")
    if commands:
        lines = [[name, f"{seconds:.2f}", f"{ratio:.2f}"] for name, seconds, ratio in commands]
        parts += [
            "Whole processes on the 36 runs of this repository, one thread, medians:",
            table(["process", "seconds", f"/ `{cost.BASE}`"], lines),
        ]
    return "\n\n".join(parts) or "No results yet."


def _spent(turn: cost.Turn) -> str:
    if turn.seconds is None:
        return f"> {cost.LIMIT:.0f}"
    return f"{turn.seconds:.2f} s, {turn.megabytes:,} MB"


def fill(text: str, marker: str, content: str) -> str:
    """Return the text with what stands between the marker and the next end replaced."""
    pattern = re.compile(rf"(<!-- {marker} -->\n).*?(<!-- end -->)", re.DOTALL)
    filled, found = pattern.subn(lambda match: f"{match[1]}{content}\n{match[2]}", text)
    if not found:
        raise ValueError(f"there is no <!-- {marker} --> ... <!-- end --> in the text")
    return filled


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--ablation", type=Path, default=ABLATION)
    options = parser.parse_args()
    text = README.read_text(encoding="utf-8")
    text = fill(text, "race", race_report(read(options.results)))
    text = fill(text, "ablation", ablation_report(read(options.ablation)))
    text = fill(text, "planted", planted_errors.report(planted_errors.read()))
    text = fill(text, "cost", cost_report())
    README.write_text(text, encoding="utf-8")
    print(f"wrote {README.name} and the figures in {FIGURES.name}/")


if __name__ == "__main__":
    main()
