"""Makes the tables and figures of `benchmarks/README.md` anew from the results.

    python -m benchmarks.report

Reads the CSV files in `results/`, and replaces what stands between the markers of the README.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks import calibration, comparison, cost, markdown, planted_errors, rows
from benchmarks.peers import OURS
from benchmarks.race_report import p_cell, race_report, ratio_cell
from benchmarks.results import ABLATION, FOLDER, RESULTS, Results, Row, read
from benchmarks.variants import VARIANTS
from benchmarks.world import CONDITIONS

Array = npt.NDArray[np.float64]

README = Path(__file__).with_name("README.md")


def ablation_report(rows: list[Row]) -> str:
    """What each choice of the recipe is worth: every variant's regret over that of the engine."""
    found = {row.key.condition for row in rows if row.key.peer != OURS}
    raced = {
        condition: Results(row for row in rows if row.key.condition == condition)
        for condition in CONDITIONS
        if condition in found
    }
    changes = [
        (variant.item, variant.says, condition, *results.pairs(name))
        for name, variant in VARIANTS.items()
        for condition, results in raced.items()
        if name in results.peers
    ]
    changes += [
        ("incumbent", "the run of the lowest loss", condition, *_luckiest(results))
        for condition, results in raced.items()
    ]
    lines = [
        [
            item,
            says,
            condition,
            ratio_cell(theirs, ours),
            p_cell(comparison.wilcoxon_p(theirs, ours)),
            str(len(ours)),
            str(int(np.count_nonzero(ours != theirs))),
        ]
        for item, says, condition, ours, theirs in changes
        if len(ours)
    ]
    heads = ["choice", "instead", "condition", "instead / ours", "p", "races", "differ"]
    return markdown.table(heads, lines) if lines else "No results yet."


def _luckiest(results: Results) -> tuple[Array, Array]:
    """Return our regrets, and those if we recommended the luckiest run."""
    own = [row for key, row in results.rows.items() if key.peer == OURS]
    both = [(row.regrets[-1], row.luckiest) for row in own if row.luckiest is not None]
    chosen, seen = np.array(both).reshape(-1, 2).T
    return chosen, seen


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
            "the memory of the whole process at its highest. Medians of several; a star marks what "
            "was timed once.",
            markdown.table(["", *(f"{n:,}" for n in runs)], lines),
            "![Seconds by runs](results/cost.png)",
        ]
        from benchmarks import figures

        figures.costs(turns, FOLDER / "cost.png")
    if commands:
        lines = [[name, f"{seconds:.2f}", f"{ratio:.2f}"] for name, seconds, ratio in commands]
        parts += [
            "Whole processes on the 36 runs of this repository, one thread, medians:",
            markdown.table(["process", "seconds", f"/ `{cost.BASELINE}`"], lines),
        ]
    return "\n\n".join(parts) or "No results yet."


def _spent(turn: cost.Turn) -> str:
    if turn.seconds is None:
        return f"> {cost.LIMIT:.0f}"
    return f"{turn.seconds:.2f} s, {turn.megabytes:,} MB{'*' * (turn.rounds == 1)}"


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
    planted = rows.read(planted_errors.RESULTS, planted_errors.Row)
    text = fill(text, "planted", planted_errors.report(planted))
    said = rows.read(calibration.RESULTS, calibration.Row)
    text = fill(text, "calibration", calibration.report(said))
    text = fill(text, "cost", cost_report())
    README.write_text(text, encoding="utf-8")
    print(f"wrote {README.name} and the figures in {FOLDER.name}/")


if __name__ == "__main__":
    main()
