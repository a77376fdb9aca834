import numpy as np
import pytest

from recommender.engine.batch import away_from
from recommender.engine.design import context_values, space_filling
from recommender.engine.encoding import Encoding, Region
from recommender.space import Categorical, Integer, Real, SearchSpace

SPACE = SearchSpace(
    [Real("tau", 0.01, 1.0, scale="log"), Real("a", 0, 1), Categorical("c", ["x", "y", "z"])]
)
ENCODING = Encoding(SPACE)
EVERYWHERE = Region({}, {})


def values(n, turn=0, known=(), region=EVERYWHERE, context=("tau",), seed=0):
    rng = np.random.default_rng(seed)
    return context_values(ENCODING, region, context, n, known, known, turn, rng)


def strata(rows, n):
    return sorted(int(np.log(row["tau"] / 0.01) / np.log(100.0) * n) for row in rows)


@pytest.mark.parametrize("n", [1, 2, 4, 10])
@pytest.mark.parametrize("turn", [0, 1, 2, 5])
def test_each_stratum_of_the_range_has_one_value(n, turn):
    assert strata(values(n, turn), n) == list(range(n))


def test_successive_turns_take_other_places():
    seen = {row["tau"] for turn in range(4) for row in values(4, turn)}
    assert len(seen) == 16


def test_values_stay_in_a_narrowed_range_and_cover_it():
    rows = values(4, region=Region({}, {"tau": (0.1, 0.2)}))
    taus = sorted(row["tau"] for row in rows)
    assert 0.1 <= taus[0] < taus[1] < taus[2] < taus[3] <= 0.2
    assert taus[3] - taus[0] > 0.05


def test_a_value_close_to_one_in_use_is_that_one():
    known = [{"tau": 0.0299, "a": 0.5, "c": "x"}, {"tau": 5.0, "a": 0.5, "c": "x"}]
    assert values(2)[0]["tau"] == pytest.approx(0.0316, rel=0.05)
    assert values(2, known=known)[0]["tau"] == 0.0299
    assert values(2, known=known)[1]["tau"] == values(2)[1]["tau"]


def test_every_other_turn_takes_a_value_in_use_where_a_stratum_has_one():
    levels = (0.011, 0.09, 0.1, 0.9)
    known = [{"tau": tau, "a": 0.5, "c": "x"} for tau in levels]
    for turn in (1, 3, 5):
        low, high = (row["tau"] for row in values(2, turn, known))
        assert low in levels[:2]
        assert high in levels[2:]
    between = {row["tau"] for turn in (0, 2, 4) for row in values(4, turn, known)}
    assert len(between - set(levels)) >= 8


def test_a_value_in_use_at_the_edge_of_two_strata_is_taken_once():
    known = [{"tau": 0.1, "a": 0.5, "c": "x"}]
    assert [row["tau"] for row in values(2, 1, known)].count(0.1) == 1


def test_two_context_parameters_are_paired_as_a_latin_hypercube():
    rows = values(3, context=("tau", "c"))
    assert strata(rows, 3) == [0, 1, 2]
    assert {row["c"] for row in rows} == {"x", "y", "z"}


def test_whole_numbers_are_covered_as_whole_numbers():
    encoding = Encoding(SearchSpace([Integer("k", 1, 4), Real("a", 0, 1)]))
    rows = context_values(encoding, EVERYWHERE, ("k",), 4, [], [], 0, np.random.default_rng(0))
    assert [row["k"] for row in rows] == [1, 2, 3, 4]


def test_space_filling_keeps_away_from_what_is_known_without_seeking_the_corners():
    encoding = Encoding(SearchSpace([Real("a", 0, 1), Real("b", 0, 1)]))
    known = np.array([[0.1, 0.1]])
    X = np.array(
        [
            space_filling(encoding, EVERYWHERE, known, away_from(known), np.random.default_rng(k))
            for k in range(50)
        ]
    )
    distances = np.linalg.norm(X - known, axis=1)
    assert distances.min() > 0.7  # a uniform point is nearer than that half of the time
    assert (X > 0.98).all(axis=1).mean() < 0.1


def test_space_filling_of_an_exhausted_region_is_nothing():
    region = Region({"tau": 0.1, "a": 0.5, "c": "x"}, {})
    known = ENCODING.encode([dict(region.fixed)])
    rng = np.random.default_rng(0)
    assert space_filling(ENCODING, region, known, away_from(known), rng) is None


@pytest.mark.parametrize("n", [1, 2, 5])
def test_every_choice_of_a_context_has_its_turn(n):
    choices = [f"d{index}" for index in range(24)]
    encoding = Encoding(SearchSpace([Categorical("data", choices), Real("a", 0, 1)]))
    rng = np.random.default_rng(0)
    seen = {
        row["data"]
        for turn in range(80 // n)
        for row in context_values(encoding, EVERYWHERE, ("data",), n, [], [], turn, rng)
    }
    assert seen == set(choices)


def test_a_value_in_use_is_left_where_everything_was_run_at_it():
    encoding = Encoding(
        SearchSpace([Real("tau", 0.01, 1.0, scale="log"), Categorical("c", ["x", "y"])])
    )
    known = [{"tau": 0.1, "c": "x"}]

    def taus(taken):
        rng = np.random.default_rng(0)
        rows = context_values(encoding, EVERYWHERE, ("tau",), 2, known, taken, 1, rng)
        return [row["tau"] for row in rows]

    assert 0.1 in taus(known)
    assert 0.1 not in taus([*known, {"tau": 0.1, "c": "y"}])
