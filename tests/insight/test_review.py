import numpy as np
import pytest

from recommender import Categorical, Real, Recommender
from recommender.insight.neighbours import Beyond, Twin, beyond, nearest, twins
from recommender.insight.review import review
from recommender.run import Status
from tests.insight.conftest import run_of, view_of

PARAMETERS = [Real("x", 0.0, 1.0), Categorical("kind", ("a", "b", "c"))]
ROWS = [(0.1, "a", 1.0), (0.4, "a", 0.4), (0.6, "b", 0.7), (0.8, "b", 1.3), (0.5, "a", 0.45)]
RUNS = [run_of(i, {"x": x, "kind": k}, {"loss": y}) for i, (x, k, y) in enumerate(ROWS, 1)]


@pytest.fixture(scope="module")
def view():
    others = [
        run_of(8, {"x": 0.3, "kind": "b"}, {}),
        run_of(9, {"x": 0.2, "kind": "b"}, {}, status=Status.CRASHED),
    ]
    return view_of(PARAMETERS, [*RUNS, *others])


def test_the_nearest_runs_are_the_most_correlated_under_the_model(view):
    params = {"x": 0.42, "kind": "a"}
    found = nearest(view, params)
    assert [one.id[:8] for one in found[:2]] == ["run-0002", "run-0005"]
    assert found[0].changed == ("x",)
    assert found[0].result == 0.4
    kernel = view.belief.model.posterior.kernel
    here, there = (view.belief.encoding.encode([run]) for run in (params, RUNS[1].params))
    assert found[0].similarity == pytest.approx(kernel(here, there)[0, 0] / kernel.variance)
    assert 1.0 >= found[0].similarity >= found[1].similarity >= found[2].similarity >= 0.0
    same = nearest(view, {"x": 0.5, "kind": "a"})[0]
    assert (same.changed, same.similarity) == ((), pytest.approx(1.0))


def test_a_value_outside_what_was_tried_is_extrapolated(view):
    assert beyond(view, {"x": 0.3, "kind": "b"}) == ()
    assert beyond(view, {"x": 0.9, "kind": "c"}) == (
        Beyond("x", 0.9, (0.1, 0.8)),
        Beyond("kind", "c", ("a", "b")),
    )


def test_what_would_only_repeat_a_run_is_found_but_a_crash_may_be_repeated(view):
    assert twins(view, {"x": 0.4, "kind": "a"}) == (Twin("run-0002-aaaa", "completed", True),)
    assert twins(view, {"x": 0.302, "kind": "b"}) == (Twin("run-0008-aaaa", "pending", False),)
    assert twins(view, {"x": 0.2, "kind": "b"}) == ()
    assert twins(view, {"x": 0.4, "kind": "c"}) == ()


def test_a_review_predicts_and_ranks_by_expected_improvement(view):
    recommender = Recommender(PARAMETERS, metric="loss")
    for run in RUNS:
        recommender.tell(run.params, run.metrics["loss"], id=run.id)
    batch = recommender.ask(3)
    poor = review(view, [view], {"x": 0.8, "kind": "b"}, batch)
    assert poor.rank == 4
    assert poor.incumbent == "run-0002-aaaa"
    (mean,), (sd,) = view.belief.predict([{"x": 0.8, "kind": "b"}])
    assert (poor.predicted[0].mean, poor.predicted[0].sd) == (mean, sd)
    assert poor.own.mean == pytest.approx(mean)
    own = review(view, [view], dict(batch[0].params), batch)
    assert own.rank == 1 + sum(
        one.expected_improvement > own.own.expected_improvement for one in batch
    )
    assert own.own.expected_improvement == pytest.approx(batch[0].expected_improvement, rel=0.2)


def test_a_review_compares_with_the_run_that_best_names_not_with_that_of_the_lowest_smooth_mean():
    rng = np.random.default_rng(2)
    runs = [
        run_of(n, {"x": x, "z": z}, {"loss": (x - 0.5) ** 2 + (z - 0.3) ** 2 + wave / 10})
        for n, (x, z) in enumerate(rng.random((40, 2)).tolist(), 1)
        for wave in [np.sin(20 * x) * np.sin(18.5 * z)]
    ]
    space = [Real("x", 0.0, 1.0), Real("z", 0.0, 1.0)]
    view = view_of(space, runs)
    recommender = Recommender(space, metric="loss")
    for run in runs:
        recommender.tell(run.params, run.metrics["loss"], id=run.id)
    smooth = view.belief.model.posterior.means(view.belief.evidence.X)[:, 0]
    best = recommender.best().id
    assert best != runs[int(np.argmin(smooth))].id
    assert review(view, [view], {"x": 0.5, "z": 0.5}, None).incumbent == best


def test_without_a_model_nothing_is_predicted():
    view = view_of(PARAMETERS, RUNS[:2])
    found = review(view, [view], {"x": 2.0, "kind": "a"}, None)
    assert (found.rank, found.own.mean, found.predicted[0].mean) == (None, None, None)
    assert found.outside == ("x",)
    assert found.neighbours == ()


def test_predictions_of_metrics_are_in_their_own_direction():
    parameters = [Real("x", 0.0, 1.0)]
    rows = np.linspace(0, 1, 8).tolist()
    runs = [run_of(i, {"x": x}, {"loss": x, "NMI": 1.0 - x}) for i, x in enumerate(rows, 1)]
    views = [view_of(parameters, runs), view_of(parameters, runs, "NMI", "maximize")]
    found = review(views[1], views, {"x": 0.25}, None)
    assert [one.metric for one in found.predicted] == ["loss", "NMI"]
    assert [one.mean for one in found.predicted] == pytest.approx([0.25, 0.75], abs=0.02)
    assert found.incumbent == "run-0001-aaaa"
