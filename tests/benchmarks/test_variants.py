import numpy as np
import pytest

from benchmarks import peers
from benchmarks.tasks import load
from benchmarks.tasks.task import sobol
from benchmarks.variants import VARIANTS
from benchmarks.variants.transforms import Powers
from recommender.engine import recommender
from recommender.space import Integer, Real, SearchSpace


def proposed(name, diverged=0, batches=1, picks=2):
    """The last of some batches, none of which ends, after 16 runs of which the first diverged."""
    task = load("rosenbrock4")
    peer = peers.make(name, task.space, seed=0)
    known = sobol(task.space, 16, [0])
    losses = [task.truth(params) + 0.2 * i % 3 for i, params in enumerate(known)]
    told = [None] * diverged + losses[diverged:]
    peer.tell(list(zip(known, told, strict=True)))
    return [peer.ask(picks) for _ in range(batches)][-1]


@pytest.fixture(scope="module")
def engine():
    return proposed("recommender")


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_works_and_leaves_the_engine_as_it_was(name, engine):
    assert len(proposed(name)) == 2
    assert proposed("recommender") == engine


@pytest.mark.parametrize(
    "name",
    [
        "matern",
        "lengths-narrow",
        "plug-in",
        "confidence",
        "warped",
        "unimproved",
        "each-alone",
        "repeating",
    ],
)
def test_a_variant_proposes_something_else(name):
    assert proposed(name, picks=8) != proposed("recommender", picks=8)


def test_the_repeating_variant_runs_a_known_configuration_again():
    known = sobol(load("rosenbrock4").space, 16, [0])
    assert [params in known for params in proposed("repeating")] == [False, True]
    assert [params in known for params in proposed("repeating", batches=2)] == [False, False]


@pytest.mark.parametrize("name", ["outstanding-unknown"])
def test_a_variant_takes_runs_that_are_pending_for_something_else(name, engine):
    assert proposed(name) == engine
    assert proposed(name, batches=2) != proposed("recommender", batches=2)


@pytest.mark.parametrize("name", ["few-levels-short", "few-levels-half-way"])
def test_a_variant_takes_a_parameter_of_few_levels_for_one_of_many(name, engine):
    space = SearchSpace([Integer("k", 0, 5), Real("a", 0.0, 1.0)])
    batches = []
    for peer in (peers.make("recommender", space, seed=0), peers.make(name, space, seed=0)):
        peer.tell([({"k": i % 3, "a": i / 8}, 3.0 - 0.5 * (i % 3) + i % 2) for i in range(9)])
        batches.append(peer.ask(4))
    assert proposed(name) == engine
    assert batches[0] != batches[1]


@pytest.mark.parametrize("name", ["diverged-unknown", "diverged-worst"])
def test_a_variant_takes_runs_that_diverged_for_something_else(name, engine):
    assert proposed(name) == engine
    assert proposed(name, diverged=4) != proposed("recommender", diverged=4)


@pytest.mark.parametrize("name", ["matern", "warped"])
def test_a_variant_believes_of_the_runs_what_its_kernel_says_of_them(name):
    rng = np.random.default_rng(0)
    X = rng.random((30, 2))
    y = np.sin(9.0 * X[:, 0] ** 3) + 0.1 * X[:, 1] + 0.05 * rng.standard_normal(30)
    with VARIANTS[name].applied():
        fitted = recommender.fit(X, y, np.arange(2))
        posteriors = [fitted.posterior, fitted.at_runs()]
        for posterior in posteriors:
            np.testing.assert_array_equal(posterior.points, X)
            off = posterior.factor @ posterior.factor.T - posterior.kernel(X, X)
            np.testing.assert_allclose(off - np.diag(np.diag(off)), 0.0, atol=1e-12)


def test_the_slope_of_powers_equals_finite_differences():
    rng = np.random.default_rng(0)
    powers = Powers(np.array([0.5, 2.0, 2.0]), np.array([True, True, False]))
    X, step = 0.1 + 0.8 * rng.random((6, 3)), 1e-6
    expected = (powers(X + step) - powers(X - step)) / (2 * step)
    np.testing.assert_allclose(powers.slope(X), expected, rtol=1e-6)
    assert np.all(powers.slope(X) > 0)
