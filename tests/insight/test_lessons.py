"""What a result would teach, against the closed form for two normal variables."""

import pytest
from scipy.stats import multivariate_normal, norm

from recommender import Categorical, Real
from recommender.insight.lessons import lessons
from tests.insight.conftest import run_of, view_of

KINDS = [Categorical("kind", ("a", "b"))]


def two_choices(direction="minimize", sign=1.0):
    rows = [("a", 1.0), ("a", 1.2), ("b", 1.3), ("b", 0.7), ("a", 0.9)]
    runs = [run_of(i, {"kind": k}, {"loss": sign * y}) for i, (k, y) in enumerate(rows, 1)]
    return view_of(KINDS, runs, direction=direction).belief


def exact(belief, lesson):
    """The chances that choice `lesson.value` is the best, before and given the result of b."""
    assert belief.model.warp.reach == float("inf")
    sign = belief.objective.from_loss(1.0)
    worse = lesson.above if sign > 0 else not lesson.above
    limit = sign * lesson.threshold
    X = belief.encoding.encode([{"kind": "a"}, {"kind": "b"}])
    chance = before = both = 0.0
    for weight, posterior in belief.model.alternatives:
        means, C = posterior.joint(X)
        a, b = means[:, 0]
        # The difference of the one that should be lower from the other, and b's recorded result.
        flip = 1.0 if lesson.value == "a" else -1.0
        mean = [flip * (a - b), -b if worse else b]
        cross = flip * (C[0, 1] - C[1, 1]) * (-1.0 if worse else 1.0)
        variance = C[0, 0] + C[1, 1] - 2 * C[0, 1]
        covariance = [[variance, cross], [cross, C[1, 1] + posterior.noise]]
        upper = [0.0, -limit if worse else limit]
        both += weight * multivariate_normal(mean, covariance, allow_singular=True).cdf(upper)
        before += weight * norm.cdf(0.0, mean[0], variance**0.5)
        chance += weight * norm.cdf(upper[1], mean[1], (C[1, 1] + posterior.noise) ** 0.5)
    return chance, before, both / chance


@pytest.mark.parametrize(("direction", "sign"), [("minimize", 1.0), ("maximize", -1.0)])
def test_chances_are_those_of_the_conditional_distribution(direction, sign, rng):
    belief = two_choices(direction, sign)
    found = lessons(belief, {"kind": "b"}, rng)
    assert [lesson.value for lesson in found] == ["a", "b"]  # a bad result of b speaks for a
    assert [lesson.above for lesson in found] == [sign > 0, sign < 0]
    for lesson in found:
        chance, before, after = exact(belief, lesson)
        assert lesson.chance == pytest.approx(chance, abs=0.03)
        assert lesson.before == pytest.approx(before, abs=0.03)
        assert lesson.after == pytest.approx(after, abs=0.06)
        assert lesson.after > lesson.before + 0.1


def test_a_bad_result_rules_out_the_side_where_it_was_got(rng):
    # A line that falls to where nothing was run yet: is there more to gain?
    parameters = [Real("x", 0.0, 1.0)]
    runs = [run_of(i, {"x": x}, {"loss": 1.0 - x}) for i, x in enumerate((0.0, 0.15, 0.3, 0.45), 1)]
    belief = view_of(parameters, runs).belief
    bad, _ = lessons(belief, {"x": 0.7}, rng)
    assert bad.above
    assert bad.ruled_out
    assert bad.parameter == "x"
    assert bad.before > 0.15
    assert bad.after <= 0.05


def test_a_repeated_run_that_is_known_well_teaches_nothing(rng):
    parameters = [Real("x", 0.0, 1.0)]
    runs = [run_of(i, {"x": i / 12}, {"loss": (i / 12 - 0.5) ** 2}) for i in range(13)]
    belief = view_of(parameters, runs).belief
    assert lessons(belief, {"x": 1.0}, rng) == ()


def test_the_context_is_held_and_never_taught(rng):
    parameters = [Real("x", 0.0, 1.0), Real("t", 0.1, 1.0)]
    grid = [(x, t) for t in (0.1, 0.5, 1.0) for x in (0.0, 0.2, 0.4)]
    runs = [
        run_of(i, {"x": x, "t": t}, {"loss": 5 * t + (x - 0.5) ** 2})
        for i, (x, t) in enumerate(grid, 1)
    ]
    belief = view_of(parameters, runs, context=["t"]).belief
    found = lessons(belief, {"x": 0.7, "t": 0.5}, rng)
    assert {lesson.parameter for lesson in found} <= {"x"}
