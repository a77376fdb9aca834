"""Colours that are told apart by eyes of every kind, on light and on dark; shapes that help.

The hues are those of Okabe and Ito (2008), the scale of values is matplotlib's viridis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recommender.report.figure import Role

LIGHT = {
    "page": "#fcfcfa",
    "card": "#ffffff",
    "ink": "#1b2126",
    "soft": "#5a646e",
    "rule": "#e2e5e8",
    "accent": "#0067a8",
    "band": "#0067a826",
    "orange": "#c05000",
    "green": "#00745a",
    "purple": "#a2286b",
    "spread-0": "#f4f2f8",
    "spread-1": "#d3cae6",
    "spread-2": "#a797cc",
    "spread-3": "#7660a8",
    "spread-4": "#47327d",
    "rank-0": "#00538a",
    "rank-1": "#3d87bd",
    "rank-2": "#86b6da",
    "rank-3": "#b9cfe0",
    "rank-4": "#d6d9dc",
}
DARK = {
    "page": "#14171a",
    "card": "#1a1e22",
    "ink": "#e6e9ec",
    "soft": "#9ba6b0",
    "rule": "#2d343a",
    "accent": "#5fb3f2",
    "band": "#5fb3f22e",
    "orange": "#f5a04e",
    "green": "#43caa3",
    "purple": "#f08cbd",
    "spread-0": "#201d2b",
    "spread-1": "#3b3357",
    "spread-2": "#64568f",
    "spread-3": "#9685c4",
    "spread-4": "#d0c5ec",
    "rank-0": "#a9dbff",
    "rank-1": "#5fb3f2",
    "rank-2": "#3c7fb3",
    "rank-3": "#325a7a",
    "rank-4": "#38414a",
}
VALUES = ("#440154", "#3b528b", "#21918c", "#5ec962", "#fde725")
SPREADS = ("spread-0", "spread-1", "spread-2", "spread-3", "spread-4")


@dataclass(frozen=True, slots=True)
class Look:
    """How a role is drawn: the name of a colour, or a colour itself where it lies on one."""

    color: str
    symbol: Literal["circle", "diamond", "cross"] = "circle"
    size: float = 7.0  # pixels
    ring: str = "card"
    width: float = 2.0  # of a line, pixels


LOOKS: dict[Role, Look] = {
    "run": Look("accent"),
    "residual": Look("soft", size=6),
    "doubted": Look("purple", "cross", 10),
    "proposal": Look("orange", "diamond", 10),
    "mean": Look("accent"),
    "reference": Look("soft", width=1.2),
    "seen": Look("#15181b", ring="#ffffff"),
    "planned": Look("#ff9a3c", "diamond", 12, ring="#15181b"),
    "rank-0": Look("rank-0", width=2.4),
    "rank-1": Look("rank-1", width=1.6),
    "rank-2": Look("rank-2", width=1.2),
    "rank-3": Look("rank-3", width=1),
    "rank-4": Look("rank-4", width=1),
}
