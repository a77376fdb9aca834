import math

from hypothesis import given
from hypothesis import strategies as st

from recommender.insight.comparisons import Level, comparisons, single_runs
from tests.insight.conftest import run_of

ROWS = [
    (0.1, "a", 1.0), (0.2, "a", 2.0), (0.2, "a", 2.2), (0.3, "a", 5.0),
    (0.1, "b", 1.5), (0.2, "b", 1.6), (0.9, "c", 9.0),
]  # fmt: skip
RUNS = [run_of(i, {"x": x, "kind": k}, {"loss": y}) for i, (x, k, y) in enumerate(ROWS, 1)]


def in_noise_of(sd):
    return lambda value: value / sd


def test_runs_that_agree_in_all_else_are_compared_level_by_level():
    first, second = comparisons(RUNS, "loss", "x")
    assert first.fixed == {"kind": "a"}
    assert first.levels == (
        Level(0.1, ("run-0001-aaaa",), (1.0,)),
        Level(0.2, ("run-0002-aaaa", "run-0003-aaaa"), (2.0, 2.2)),
        Level(0.3, ("run-0004-aaaa",), (5.0,)),
    )
    assert second.fixed == {"kind": "b"}
    assert [level.results for level in second.levels] == [(1.5,), (1.6,)]


def test_choices_are_compared_too():
    found = comparisons(RUNS, "loss", "kind")
    assert [one.fixed["x"] for one in found] == [0.2, 0.1]
    assert [level.value for level in found[0].levels] == ["a", "b"]


def test_a_single_run_that_stands_out_is_named_but_no_replicate_nor_one_that_is_doubted():
    (step,) = single_runs(comparisons(RUNS, "loss", "x")[:1], in_noise_of(1.5), [])
    assert step.level.runs == ("run-0004-aaaa",)
    assert step.elsewhere == 1.55  # the median of 1 and of the mean of 2 and 2.2
    assert single_runs(comparisons(RUNS, "loss", "x"), in_noise_of(1.5), ["run-0004-aaaa"]) == ()
    assert single_runs(comparisons(RUNS, "loss", "x"), in_noise_of(2.0), []) == ()


def test_of_two_single_runs_one_is_named():
    runs = [run_of(i, {"x": x, "z": 0}, {"loss": y}) for i, (x, y) in enumerate([(0, 1), (1, 9)])]
    assert len(single_runs(comparisons(runs, "loss", "x"), in_noise_of(1.0), [])) == 1


def compared(*levels):
    """The comparisons of runs at levels 0, 1, ..., each with its results."""
    rows = [(x, y) for x, results in enumerate(levels) for y in results]
    runs = [run_of(i, {"x": x, "z": 0}, {"loss": y}) for i, (x, y) in enumerate(rows)]
    return comparisons(runs, "loss", "x")


def test_beside_an_odd_run_the_sound_ones_are_not_named():
    (step,) = single_runs(compared([1.0], [1.0], [5.0]), in_noise_of(0.1), [])
    assert (step.level.value, step.elsewhere) == (2, 1.0)
    found = single_runs(compared([1.0], [1.1], [5.0], [1.0], [9.0], [1.1]), in_noise_of(0.5), [])
    assert [step.level.value for step in found] == [4, 2]


def test_a_replicate_of_a_doubted_run_is_compared_like_any_other():
    levels = compared([1.0, 7.0], [5.0], [1.0])
    (step,) = single_runs(levels, in_noise_of(0.1), ["run-0001-aaaa"])
    assert (step.level.runs, step.elsewhere) == (("run-0002-aaaa",), 1.0)


def test_what_stands_out_is_told_on_the_scale_of_the_noise():
    def logarithm(value):
        return 10.0 * math.log(value)

    assert single_runs(compared([10.0], [10.5]), in_noise_of(0.2), [])
    assert not single_runs(compared([10.0], [10.5]), logarithm, [])


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.floats(0, 1)), max_size=20))
def test_every_pair_that_differs_in_one_parameter_alone_stands_in_one_comparison(rows):
    runs = [run_of(i, {"x": x, "z": z}, {"loss": y}) for i, (x, z, y) in enumerate(rows, 1)]
    found = comparisons(runs, "loss", "x")
    for one in runs:
        for other in runs:
            alone = one.params["z"] == other.params["z"] and one.params["x"] != other.params["x"]
            together = [
                comparison
                for comparison in found
                if {one.id, other.id} <= {id for level in comparison.levels for id in level.runs}
            ]
            assert len(together) == 1 if alone else True
    assert all(len(comparison.levels) >= 2 for comparison in found)
