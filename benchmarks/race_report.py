"""The tables and figures of the race: this engine beside each peer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from benchmarks import comparison, markdown
from benchmarks.peers import CHANCE, OURS
from benchmarks.results import CHECKPOINTS, FOLDER, Results, Row
from benchmarks.tasks import HALVES, KINDS, MORE, REPORTING, names_of
from benchmarks.world import BAD_ROWS, BAD_ROWS_TOLD, BASE, CONDITIONS

SIGNIFICANT = 0.05
ENOUGH = 6  # races at least, for Wilcoxon's test to give a p below that
BEHIND = 1.05  # times the regret of a peer: below it this engine is level with it
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


def mean_ranks(results: Results, peers: Sequence[str]) -> dict[int, dict[str, float]]:
    """The mean rank of each of the peers at each checkpoint, over the races that all ended."""
    return {
        runs: dict(zip(peers, comparison.mean_ranks(results.of(peers, runs)).tolist(), strict=True))
        for runs in CHECKPOINTS
    }


def overview(results: Results) -> str:
    """The peers of one condition, one a line."""
    ranked = results.often_raced
    means = mean_ranks(results, ranked)
    lines = []
    for peer in results.peers:
        own = results.of([peer], CHECKPOINTS[-1])[:, 0]
        ours, theirs = results.pairs(peer)
        lines.append(
            [
                f"**{peer}**" if peer == OURS else peer,
                *(f"{means[runs][peer]:.2f}" if peer in ranked else "" for runs in CHECKPOINTS),
                f"{comparison.geometric_mean(own):.4f}" if peer in ranked else "",
                f"{comparison.worst_decile(own):.3f}" if peer in ranked else "",
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
    return f"{text}\n\n{of_other_tasks(results)}" if results.others else text


def of_other_tasks(results: Results) -> str:
    """What the intervals would be if the tasks had been drawn too, in a sentence."""
    found = []
    for peer in results.others:
        if pairs := results.pairs_by_task(peer):
            low, high = comparison.ratio_interval_of_other_tasks(pairs)
            found.append(f"{peer} [{low:.2f}, {high:.2f}]")
    return (
        "The intervals are of other seeds on these tasks. With the tasks drawn anew too they are: "
        f"{', '.join(found)}."
    )


def ratios(named: Mapping[str, Results]) -> str:
    """Our regret over each peer's after 40 runs and the number of races, a line a name."""
    peers = list(dict.fromkeys(peer for results in named.values() for peer in results.others))

    def cell(results: Results, peer: str) -> str:
        pair = results.pairs(peer) if peer in results.peers else ((), ())
        return f"{ratio_cell(*pair)}, {len(pair[0])}" if len(pair[0]) else ""

    lines = [[name, *(cell(results, peer) for peer in peers)] for name, results in named.items()]
    return markdown.table(["", *peers], lines)


def ranks(named: Mapping[str, tuple[Results, Sequence[str]]]) -> str:
    """Our mean rank among some peers and the next best one's, a line a name."""
    lines = []
    for name, (results, peers) in named.items():
        races, cells = len(results.of(peers, CHECKPOINTS[-1])), []
        for means in mean_ranks(results, peers).values() if races else ():
            others = [(rank, peer) for peer, rank in means.items() if peer != OURS]
            rank, best = min(others, default=(0.0, ""))
            cells.append(f"{means[OURS]:.2f}, {best} {rank:.2f}" if others else "")
        if races:
            lines.append([name, *cells, str(len(peers)), str(races)])
    header = [*(f"rank {runs}" for runs in CHECKPOINTS), "peers", "races"]
    return markdown.table(["", *header], lines)


def nearest(kinds: Mapping[str, Mapping[str, Results]]) -> str:
    """Our regret over that of the nearest peer that raced often, a line a condition."""
    heads = list(dict.fromkeys(kind for by_kind in kinds.values() for kind in by_kind))
    lines = []
    for condition, by_kind in kinds.items():
        cells = []
        for kind in heads:
            results = by_kind[kind]
            peers = [peer for peer in results.often_raced if peer != OURS]
            pairs = {peer: pair for peer in peers if len((pair := results.pairs(peer))[0])}
            peer = max(pairs, key=lambda name: comparison.ratio(*pairs[name]), default="")
            p = p_cell(comparison.wilcoxon_p(*pairs[peer])) if peer else ""
            cells.append(f"{peer} {ratio_cell(*pairs[peer])}, {p}" if peer else "")
        lines.append([condition, *cells])
    return markdown.table(["", *heads], lines)


def by_task(results: Results, tasks: Sequence[str]) -> str:
    """The geometric mean regret on each task of the peers that raced often; the lowest in bold."""
    peers = results.often_raced
    lines = []
    for task in tasks:
        table = results.on(task).of(peers, CHECKPOINTS[-1])
        if len(table):
            means = [comparison.geometric_mean(column) for column in table.T]
            cells = [f"**{m:.4f}**" if m == min(means) else f"{m:.4f}" for m in means]
            lines.append([f"{task} ({KINDS[task]})", *cells])
    return markdown.table(["task", *peers], lines)


def losses(results: Results) -> str:
    """Where a peer has the lower regret, worst first, and how often one with a model has it."""
    found, compared, behind, significant = [], 0, 0, 0
    halves = {task: half for half in HALVES for task in names_of(half)}
    for condition in CONDITIONS:
        for task, half in halves.items():
            one = results.only(condition, [task])
            for peer in one.others:
                ours, theirs = one.pairs(peer)
                if len(ours) < 2:
                    continue
                counts = half == "reporting" and peer not in CHANCE
                compared += counts
                ratio, p = comparison.ratio(ours, theirs), comparison.wilcoxon_p(ours, theirs)
                if ratio > BEHIND:
                    told = p_cell(p) if len(ours) >= ENOUGH else "too few"
                    behind += counts
                    significant += counts and p < SIGNIFICANT
                    cells = [condition, f"{task} ({KINDS[task]})", half, peer]
                    cells += [ratio_cell(ours, theirs), told, str(len(ours))]
                    found.append((ratio, cells))
    said = (
        f"Of {compared} comparisons with a peer that has a model, each on one task of the "
        f"reporting half under one condition and over two races at least, {behind} are above "
        f"{BEHIND}, {significant} of them with p < {SIGNIFICANT}, which is not corrected for their "
        f"number. Fewer than {ENOUGH} races can give no such p. The table has those of all tasks "
        "and peers."
    )
    if not found:
        return said
    found.sort(key=lambda entry: -entry[0])
    lines = [cells for _, cells in found]
    heads = ["condition", "task", "half", "peer", "ours / peer", "p", "races"]
    return f"{said}\n\n{markdown.table(heads, lines)}"


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
    by_condition = {
        name: {kind: everything.only(name, tasks) for kind, tasks in REPORTING.items()}
        for name in conditions
    }
    kinds = {kind: results for kind, results in by_condition[BASE].items() if results.rows}
    draw(kinds, conditions)
    parts = [
        "### The reporting half, base condition",
        overview(reporting),
        "![Regret by runs](results/regret.png)",
        "### By kind of task, base condition, reporting half",
        "Our regret over the peer's, its interval, and the number of races.",
        ratios(kinds),
        "The nearest peer of those that raced often, with p, under every condition:",
        nearest(by_condition),
        "### By condition, reporting half",
        ratios(conditions),
        "![Ratios by condition](results/ratios.png)",
        "Our mean rank, and that of the best other one, among the peers that raced often.",
        ranks({name: (results, results.often_raced) for name, results in conditions.items()}),
        "The same among all peers, over the fewer races that all of them ended.",
        ranks({name: (results, results.peers) for name, results in conditions.items()}),
        "### What knowing the bad rows would be worth",
        known_bad_rows(everything),
        "### Where this engine loses",
        losses(everything),
        "### Every task of the reporting half, base condition",
        by_task(reporting, names_of("reporting")),
        "### If everyone recommended the luckiest run",
        luckiest(reporting),
        "### The choosing half, on which the defaults were chosen",
        overview(chosen)
        if OURS in (chosen := everything.only(BASE, names_of("choosing"))).peers
        else "No results yet.",
        "### More tables",
        more_tables(everything),
        "### A loss that a temperature rescales",
        apart(everything),
        "### Races that broke off",
        failures(everything),
    ]
    return "\n\n".join(parts)


def more_tables(everything: Results) -> str:
    """The tables that neither half holds, alone and with those of the reporting half."""
    more, reporting = MORE["table"], REPORTING["table"]
    conditions = {
        name: results
        for name in CONDITIONS
        if OURS in (results := everything.only(name, more)).peers
    }
    if not conditions:
        return "No results yet."
    together = {
        name: {
            f"these {len(more)}": results,
            f"with the {len(reporting)} of the reporting half": everything.only(
                name, (*more, *reporting)
            ),
        }
        for name, results in conditions.items()
    }
    return (
        f"Our regret over the peer's on {', '.join(more)}.\n\n{ratios(conditions)}\n\n"
        "The nearest peer of those that raced often, with p, on these and on all tables outside "
        f"the choosing half:\n\n{nearest(together)}"
    )


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
