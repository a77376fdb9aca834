"""Small real trainings: scikit-learn models on the data it ships, with cross-validation noise.

A run is one shuffled three-fold cross-validation. The truth is the mean over ten given shuffles,
which no run uses.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

from benchmarks.tasks.task import Task
from recommender.run import Params
from recommender.space import Categorical, Integer, Real, SearchSpace

SHUFFLES = 10  # that the truth is the mean of
ROWS = 300  # of the data; more make a run slower, not more lifelike

SVM = [Real("C", 1e-3, 1e3, "log"), Real("gamma", 1e-5, 1e1, "log")]
SGD = SearchSpace(
    [
        Real("eta0", 1e-5, 1e1, "log"),
        Real("alpha", 1e-6, 1.0, "log"),
        Real("l1_ratio", 0.0, 1.0),
        Integer("max_iter", 1, 30, "log"),
    ]
)
TREE = SearchSpace(
    [
        Integer("max_depth", 1, 12),
        Integer("min_samples_leaf", 1, 60, "log"),
        Real("max_features", 0.05, 1.0),
        Categorical("criterion", ("gini", "entropy")),
    ]
)


def _sgd(params: Params) -> Any:
    return SGDClassifier(
        penalty="elasticnet", learning_rate="constant", tol=None, random_state=0, **params
    )


def _tree(params: Params) -> Any:
    return DecisionTreeClassifier(random_state=0, **params)


TRAININGS: dict[str, tuple[SearchSpace, Callable[..., Any], Callable[[Params], Any]]] = {
    "svm-digits": (SearchSpace(SVM), load_digits, lambda p: SVC(**p)),
    "svm-cancer": (
        SearchSpace([*SVM, Real("coef0", -1.0, 1.0), Categorical("kernel", ("rbf", "sigmoid"))]),
        load_breast_cancer,
        lambda p: SVC(**p),
    ),
    "svr-diabetes": (
        SearchSpace([*SVM, Real("epsilon", 1e-2, 1e2, "log")]),
        load_diabetes,
        lambda p: SVR(**p),
    ),
    "tree-cancer": (TREE, load_breast_cancer, _tree),
    "sgd-wine": (SGD, load_wine, _sgd),
    "sgd-digits": (SGD, load_digits, _sgd),
}


def task(name: str) -> Task:
    """Return a task by its name; the loss is 1 - accuracy, or 1 - R2 of a regression."""
    space, loader, model = TRAININGS[name]

    def loss(params: Params, shuffle: int) -> float:
        X, y = _data(loader)
        pipeline = make_pipeline(StandardScaler(), model(params))
        classifies = is_classifier(pipeline)
        folds = (StratifiedKFold if classifies else KFold)(3, shuffle=True, random_state=shuffle)
        score = accuracy_score if classifies else r2_score
        scores = [
            score(y[held], pipeline.fit(X[kept], y[kept]).predict(X[held]))
            for kept, held in folds.split(X, y)
        ]
        return 1.0 - float(np.mean(scores))

    @cache
    def mean(key: tuple[tuple[str, Any], ...]) -> float:
        return float(np.mean([loss(dict(key), shuffle) for shuffle in range(SHUFFLES)]))

    return Task(
        name,
        space,
        lambda params: mean(tuple(params.items())),
        lambda params, rng: loss(params, int(rng.integers(SHUFFLES, 2**31 - 1))),
    )


@cache
def _data(loader: Callable[..., Any]) -> tuple[Any, Any]:
    X, y = loader(return_X_y=True)
    rows = np.random.default_rng(0).permutation(len(X))[:ROWS]
    return X[rows], y[rows]
