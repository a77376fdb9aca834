"""The tables and figures of the race: this engine beside each peer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from benchmarks import comparison, markdown
from benchmarks.peers import OURS
from benchmarks.results import CHECKPOINTS, FOLDER, Results, Row
from benchmarks.tasks import KINDS, REPORTING, names_of
from benchmarks.world import BAD_ROWS, BAD_ROWS_TOLD, BASE, CONDITIONS

SIGNIFICANT = 0.05
Array = npt.NDArray[np.float64]


def p_cell(value: float) -> str:
    """A p value as a cell of a table."""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def ratio_cell(ours: Array, theirs: Array) -> str:
    """Our regrets over theirs with the interval of that, as a cell; empty without pairs."""
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
                "" if peer == OURS else ratio_cell(ours, theirs),
                "" if peer == OURS else p_cell(comparison.wilcoxon_p(ours, theirs)),
                str(len(own)),
                str(len(results.failed[peer])),
            ]
        )
    header = ["peer", *(f"rank {runs}" for runs in CHECKPOINTS)]
    header += ["regret 40", "worst decile", "ours / peer", "p", "races", "failed"]
    text = (
        f"{markdown.table(header, lines)}\n\n"
        f"Ranks among the {len(ranked)} peers that have one, over the "
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
        [
            name,
            *(ratio_cell(*results.pairs(peer)) if peer in results.peers else "" for peer in peers),
        ]
        for name, results in named.items()
    ]
    return markdown.table(["", *peers], lines)


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
    return markdown.table(["task", *peers], lines)


def losses(results: Results) -> str:
    """Where a peer is ahead of this engine, worst first."""
    found = []
    for condition in CONDITIONS:
        for task in (*names_of("choosing"), *names_of("reporting")):
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
    lines = [[*cells, ratio_cell(*pair), p_cell(p)] for _, cells, pair, p in found]
    return markdown.table(["condition", "task", "peer", "ours / peer", "p"], lines)


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
    return (
        markdown.table(["peer", "races", "for instance"], lines) if lines else "No race broke off."
    )


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
        and results.others
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
        "### What knowing the bad rows would be worth",
        known_bad_rows(everything),
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
    lines = []
    for peer in results.peers:
        own = results.of([peer], CHECKPOINTS[-1])[:, 0]
        against = "" if peer == OURS else ratio_cell(*results.pairs(peer))
        lines.append([peer, f"{comparison.geometric_mean(own):.3f}", against, str(len(own))])
    return markdown.table(["peer", "regret 40", "ours / peer", "races"], lines)


def known_bad_rows(everything: Results) -> str:
    """What this engine would reach if it, alone, were told which results are bad."""
    tasks = names_of("reporting")
    told = [
        replace(row, key=replace(row.key, condition=BAD_ROWS))
        for key, row in everything.only(BAD_ROWS_TOLD, tasks).rows.items()
        if key.peer == OURS
    ]
    if not told:
        return "No results yet."
    untold = everything.only(BAD_ROWS, tasks)
    itself = "recommender, not told"
    others = [
        replace(row, key=replace(row.key, peer=itself)) if row.key.peer == OURS else row
        for row in untold.rows.values()
        if row.key.peer in untold.often_raced
    ]
    return (
        f"Under {BAD_ROWS}, this engine told that they failed over peers that are not told; "
        f"{len(told)} races.\n\n{ratios({'told': Results([*others, *told])})}"
    )


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
    figures.curves(panels, ("runs", "regret of the recommended run"), FOLDER / "regret.png")
    figures.intervals(
        {
            name: {
                peer: (comparison.ratio(*pair), *comparison.ratio_interval(*pair))
                for peer in results.others
                if len((pair := results.pairs(peer))[0])
            }
            for name, results in conditions.items()
        },
        FOLDER / "ratios.png",
    )
