"""What a user would pick instead, each with its own documented defaults.

The 8 shared runs of the start take the place of a peer's own initial design, so that each may use
its model from the first batch on.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from benchmarks.peers.peer import Peer, Result
from recommender.space import SearchSpace

OURS = "recommender"
CHANCE = ("random", "sobol")  # who have no model
# Each peer's class, and what has to be installed for it.
PEERS: dict[str, tuple[str, tuple[str, ...]]] = {
    OURS: ("engine:Engine", ()),
    "random": ("chance:Random", ()),
    "sobol": ("chance:Sobol", ()),
    "skopt": ("skopt:Skopt", ("skopt",)),
    "optuna-tpe": ("optuna:Tpe", ("optuna",)),
    "optuna-gp": ("optuna:Gp", ("optuna", "torch")),
    "botorch": ("botorch:Botorch", ("botorch",)),
    "ax": ("ax:Ax", ("ax",)),
}


def missing(name: str) -> list[str]:
    """Return the packages that a peer needs and that are not installed."""
    return [package for package in PEERS[name][1] if find_spec(package) is None]


def make(name: str, space: SearchSpace, seed: int) -> Peer:
    """Return a peer or a variant by its name, and load its library."""
    if name not in PEERS:
        from benchmarks.variants import VARIANTS, ChangedEngine

        return ChangedEngine(VARIANTS[name], space, seed)
    module, _, of = PEERS[name][0].partition(":")
    peer: Callable[[SearchSpace, int], Peer] = getattr(import_module(f"{__name__}.{module}"), of)
    return peer(space, seed)


__all__ = ["CHANCE", "OURS", "PEERS", "Peer", "Result", "make", "missing"]
