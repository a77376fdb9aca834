"""The figures of the report: light, told apart by colour-blind safe colours and direct labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from benchmarks.cost import Turn
from benchmarks.peers import OURS

# Okabe and Ito's colours, by peer.
COLOURS = {
    OURS: "#000000",
    "random": "#999999",
    "sobol": "#999999",
    "skopt": "#E69F00",
    "optuna-tpe": "#56B4E9",
    "optuna-gp": "#0072B2",
    "botorch": "#D55E00",
    "ax": "#009E73",
}
STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "figure.dpi": 150,
}
Lines = Mapping[str, Sequence[float]]


def curves(
    panels: Mapping[str, tuple[Sequence[int], Lines]], labels: tuple[str, str], to: Path
) -> None:
    """Draw lines by peer, a panel each; both axes of `labels`, the vertical one logarithmic."""
    with plt.rc_context(STYLE):
        width = 3.4 * len(panels) + 0.6
        figure, axes = plt.subplots(1, len(panels), figsize=(width, 3.2), squeeze=False)
        for axis, (title, (x, lines)) in zip(axes[0], panels.items(), strict=True):
            for name, values in lines.items():
                thick = 2.2 if name == OURS else 1.2
                axis.plot(x, values, color=COLOURS[name], lw=thick, marker="o", ms=3)
            axis.set_yscale("log")
            axis.set_title(title)
            axis.set_xticks(x)
            axis.set_xlabel(labels[0])
            _label_ends(axis, {name: (x[-1], values[-1]) for name, values in lines.items()})
        axes[0][0].set_ylabel(labels[1])
        _save(figure, to)


def intervals(rows: Mapping[str, Mapping[str, tuple[float, float, float]]], to: Path) -> None:
    """Draw ratios with their intervals: a panel a peer, a line a condition; left of 1 is better."""
    with plt.rc_context(STYLE):
        names = list(rows)
        peers = list(dict.fromkeys(peer for row in rows.values() for peer in row))
        figure, axes = plt.subplots(
            1, len(peers), figsize=(1.6 * len(peers) + 1.2, 0.34 * len(names) + 1.1),
            sharey=True, sharex=True, squeeze=False,
        )  # fmt: skip
        for axis, peer in zip(axes[0], peers, strict=True):
            axis.axvline(1.0, color="#bbbbbb", lw=1)
            for place, name in enumerate(names):
                if peer in rows[name]:
                    middle, low, high = rows[name][peer]
                    axis.plot([low, high], [place, place], color=COLOURS[peer], lw=2)
                    axis.plot(middle, place, "o", color=COLOURS[peer], ms=5)
            axis.set_title(peer)
            axis.set_xscale("log")
            axis.set_xticks([0.25, 0.5, 1, 2], ["¼", "½", "1", "2"])
            axis.minorticks_off()
        axes[0][0].set_yticks(range(len(names)), names)
        axes[0][0].invert_yaxis()
        figure.supxlabel(
            "regret of this engine / regret of the peer; left of 1 this engine is better"
        )
        _save(figure, to)


def costs(turns: Sequence[Turn], to: Path) -> None:
    """Draw the seconds of a turn by the runs known, with one thread."""
    with plt.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(5, 3.4))
        ends: dict[str, tuple[float, float]] = {}
        known = sorted({turn.runs for turn in turns})
        for peer in dict.fromkeys(turn.peer for turn in turns):
            line = [
                (turn.runs, turn.seconds)
                for turn in turns
                if turn.peer == peer and turn.threads == 1 and turn.seconds is not None
            ]
            if not line:
                continue
            x, y = zip(*line, strict=True)
            axis.plot(x, y, color=COLOURS[peer], lw=2.2 if peer == OURS else 1.2, marker="o", ms=3)
            ends[peer] = line[-1]
        axis.set_xscale("log")
        axis.set_yscale("log")
        names = [str(runs) if runs < 1000 else f"{runs // 1000}k" for runs in known]
        axis.set_xticks(known, names)
        axis.xaxis.minorticks_off()
        axis.set_xlabel("runs known")
        axis.set_ylabel("seconds to four proposals, one thread")
        _label_ends(axis, ends)
        _save(figure, to)


def _label_ends(axis: Any, ends: Mapping[str, tuple[float, float]]) -> None:
    """Write each line's name at its end, moved apart where they would overlap."""
    low, high = np.log(axis.get_ylim())
    step = 0.065 * (high - low)
    places: dict[float, float] = {}  # of the last name at each end
    for name, (x, y) in sorted(ends.items(), key=lambda end: end[1][1]):
        place = places[x] = max(np.log(y), places.get(x, -np.inf) + step)
        axis.annotate(
            name, (x, np.exp(place)), xytext=(5, 0), textcoords="offset points", va="center",
            color=COLOURS[name], fontsize=8, weight="bold" if name == OURS else "normal",
            annotation_clip=False,
        )  # fmt: skip


def _save(figure: Any, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    figure.tight_layout()
    figure.savefig(to, bbox_inches="tight", metadata={"Software": None})
    plt.close(figure)
