import math

import numpy as np
import pytest
import skopt.space
from hypothesis import assume, given
from hypothesis import strategies as st

from recommender.engine.encoding import Encoding, Region
from recommender.errors import SpaceError
from recommender.space import Categorical, Integer, Real, SearchSpace

SPACE = SearchSpace(
    [
        Real("a", -1.5, 2.5),
        Real("lr", 1e-5, 1e-1, scale="log"),
        Integer("k", 2, 40),
        Integer("width", 8, 4096, scale="log"),
        Categorical("c", ["x", "y", 3]),
    ]
)
ENCODING = Encoding(SPACE)
RUN = {"a": 0.0, "lr": 1e-3, "k": 7, "width": 256, "c": "y"}
PARAMS = st.fixed_dictionaries(
    {
        "a": st.floats(-1.5, 2.5),
        "lr": st.floats(1e-5, 1e-1),
        "k": st.integers(2, 40),
        "width": st.integers(8, 4096),
        "c": st.sampled_from(["x", "y", 3]),
    }
)


@given(st.floats(-1.5, 2.5), st.floats(1e-5, 1e-1))
def test_reals_are_placed_as_skopt_places_them(a, lr):
    oracle = skopt.space.Space(
        [
            skopt.space.Real(-1.5, 2.5, transform="normalize"),
            skopt.space.Real(1e-5, 1e-1, prior="log-uniform", transform="normalize"),
        ]
    )
    ours = ENCODING.encode([{**RUN, "a": a, "lr": lr}])[0, :2]
    np.testing.assert_allclose(ours, oracle.transform([[a, lr]])[0], atol=1e-9)


@given(PARAMS)
def test_what_is_encoded_is_decoded(params):
    decoded = ENCODING.decode(ENCODING.encode([params])[0])
    assert decoded == {**params, "a": decoded["a"], "lr": decoded["lr"]}
    assert decoded["a"] == pytest.approx(params["a"], abs=1e-12)
    assert decoded["lr"] == pytest.approx(params["lr"], rel=1e-12)
    assert [type(value) for value in decoded.values()] == [
        float,
        float,
        int,
        int,
        type(params["c"]),
    ]


@given(PARAMS)
def test_points_within_bounds_lie_in_the_cube_and_are_not_moved_by_snapping(params):
    x = ENCODING.encode([params])
    assert x.min() >= 0.0
    assert x.max() <= 1.0
    np.testing.assert_allclose(ENCODING.snap(x), x, atol=1e-12)


@given(st.lists(st.floats(-3, 4), min_size=7, max_size=7))
def test_any_point_decodes_to_something_allowed(x):
    assert SPACE.contains(ENCODING.decode(np.array(x)))


def test_values_out_of_bounds_lie_outside_the_cube_at_their_own_distance():
    x = ENCODING.encode([{**RUN, "a": 4.5, "lr": 1e-7, "k": 1}])[0]
    assert x[0] == pytest.approx(1.5)
    assert x[1] == pytest.approx(-0.5)
    assert x[2] < 0.0


def test_two_choices_lie_at_squared_distance_one_and_an_undeclared_one_equally_far_from_all():
    X = ENCODING.encode([{**RUN, "c": c} for c in ("x", "y", 3, "gone")])
    gaps = ((X[:, None] - X[None, :]) ** 2).sum(axis=2)
    np.testing.assert_allclose(gaps[:3, :3], 1.0 - np.eye(3))
    assert len(set(np.round(gaps[3, :3], 12))) == 1


def test_choices_that_were_tried_and_are_not_declared_are_told_apart_but_never_taken():
    encoding = Encoding(SPACE, {"c": ["gone", "lost"]})
    X = encoding.encode([{**RUN, "c": c} for c in ("x", "y", 3, "gone", "lost")])
    gaps = ((X[:, None] - X[None, :]) ** 2).sum(axis=2)
    np.testing.assert_allclose(gaps, 1.0 - np.eye(5))
    region = Region({}, {})
    lower, upper = encoding.bounds(region)
    spread = encoding.spread(np.random.default_rng(0).random((200, len(SPACE))), region)
    assert (lower <= spread).all()
    assert (spread <= upper).all()
    assert {encoding.decode(x)["c"] for x in spread} == {"x", "y", 3}
    for points in (X, encoding.snap(X + 0.1)):
        assert {encoding.decode(x)["c"] for x in points} <= {"x", "y", 3}


def test_every_configuration_of_a_small_region_is_counted():
    encoding = Encoding(SearchSpace([Integer("k", 1, 9), Categorical("c", ["x", "y"])]))
    points = encoding.every(Region({"c": "y"}, {"k": (2.0, 4.0)}), 10)
    assert [encoding.decode(x) for x in points] == [{"k": k, "c": "y"} for k in (2, 3, 4)]
    assert len(encoding.every(Region({}, {}), 18)) == 18
    assert len(encoding.every(Region({}, {}), 17)) == 0
    assert len(ENCODING.every(Region({}, {}), 10**6)) == 0


@given(st.floats(-1.5, 2.5), st.floats(-1.5, 2.5), st.floats(1e-5, 1e-1), st.floats(0, 1))
def test_a_point_of_a_region_decodes_into_it_to_the_last_digit(one, other, lr, place):
    low, high = sorted((one, other))
    region = Region.checked(SPACE, {"lr": lr, "c": 3}, {"a": (low, high), "k": (5, 6)})
    for x in (*ENCODING.bounds(region), ENCODING.spread(np.full((1, 5), place), region)[0]):
        params = ENCODING.decode(x, region)
        assert low <= params["a"] <= high
        assert params["lr"] == lr
        assert params["c"] == 3
        assert params["k"] in (5, 6)
        assert type(params["k"]) is int


@given(st.floats(-1.5, 2.5), st.floats(-1.5, 2.5))
def test_spread_covers_a_region_from_end_to_end(one, other):
    assume(one != other)
    low, high = sorted((one, other))
    region = Region({}, {"a": (low, high)})
    U = np.array([[0.0] * 5, [1.0] * 5])
    ends = [ENCODING.decode(x)["a"] for x in ENCODING.spread(U, region)]
    assert ends == pytest.approx([low, high], abs=1e-9)


def test_each_choice_has_an_equal_share_of_uniform_numbers():
    U = np.full((300, 5), 0.5)
    U[:, 4] = (np.arange(300) + 0.5) / 300
    choices = [ENCODING.decode(x)["c"] for x in ENCODING.spread(U, Region({}, {}))]
    assert [choices.count(c) for c in ("x", "y", 3)] == [100, 100, 100]


def test_units_and_values_are_inverse():
    assert ENCODING.unit("lr", 1e-3) == pytest.approx(0.5)
    assert ENCODING.value("lr", 0.5) == pytest.approx(1e-3)
    assert ENCODING.value("a", ENCODING.unit("a", 0.3)) == pytest.approx(0.3)


def test_columns_know_their_parameter():
    assert ENCODING.groups.tolist() == [0, 1, 2, 3, 4, 4, 4]
    assert ENCODING.discrete == ("k", "width", "c")


def test_a_parameter_of_at_most_six_levels_is_coarse():
    parameters = [
        Real("a", 0, 1),
        Integer("six", 1, 6),
        Integer("seven", 1, 7),
        Categorical("few", ["x", "y"]),
        Categorical("many", list("tuvwxyz")),
    ]
    assert Encoding(SearchSpace(parameters)).coarse == {1, 3}


@pytest.mark.parametrize(
    ("fixed", "within", "message"),
    [
        ({"aa": 1}, {}, "no parameter 'aa'"),
        ({"a": 9}, {}, "a: 9.0 is not allowed"),
        ({}, {"a": (2, 1)}, "wrong way round"),
        ({}, {"a": (0, 9)}, "9.0 is not allowed"),
        ({}, {"a": 0.5}, r"a: the range is 0\.5; give \(low, high\)"),
        ({}, {"a": (0, 1, 2)}, "give .low, high"),
        ({}, {"c": ("x", "y")}, "categorical"),
        ({"a": 1}, {"a": (0, 1)}, "both fixed and narrowed"),
        ({"k": 2.5}, {}, "not a whole number"),
        ({"a": math.nan}, {}, "finite"),
    ],
)
def test_a_region_that_is_not_allowed_is_an_error_that_says_why(fixed, within, message):
    with pytest.raises(SpaceError, match=message):
        Region.checked(SPACE, fixed, within)


def test_fixing_a_narrowed_parameter_ends_the_narrowing():
    region = Region({}, {"a": (0.0, 1.0)}).fixing({"a": 0.5})
    assert region.fixed == {"a": 0.5}
    assert region.within == {}


def test_values_of_one_parameter_are_encoded_as_in_a_run():
    encoding = Encoding(SPACE)
    runs = [encoding.decode(x) for x in np.random.default_rng(3).random((6, encoding.width))]
    X = encoding.encode(runs)
    for name, columns in encoding.columns.items():
        found = encoding.encode_values(name, [run[name] for run in runs])
        assert np.array_equal(found, X[:, columns])
