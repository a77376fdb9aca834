"""Bayesian optimisation for expensive training sweeps: past runs in, the next batch out.

from recommender import Real, Recommender

recommender = Recommender([Real("learning_rate", 1e-5, 1e-1, scale="log")], seed=0)
recommender.tell({"learning_rate": 3e-4}, 0.48)
batch = recommender.ask(4)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recommender.errors import RecommenderError
from recommender.space import Categorical, Integer, Real, SearchSpace

if TYPE_CHECKING:
    from recommender.engine.answers import Batch, Incumbent, Suggestion
    from recommender.engine.recommender import Recommender

__version__ = "0.1.0"
__all__ = [
    "Batch",
    "Categorical",
    "Incumbent",
    "Integer",
    "Real",
    "Recommender",
    "RecommenderError",
    "SearchSpace",
    "Suggestion",
]


def __getattr__(name: str) -> Any:
    # The engine takes more than a second to import, and most commands never need it.
    if name in ("Batch", "Incumbent", "Recommender", "Suggestion"):
        from recommender.engine import recommender

        return getattr(recommender, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
