import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import Real, Recommender
from recommender.engine.metric_range import out_of_range


@pytest.mark.parametrize(
    ("metric", "values", "rescaled", "beyond"),
    [
        ("acc", [0.9, 0.8, 0.85], (), ()),
        ("acc", [0.9, 0.8, 88.0], (2,), ()),
        ("acc", [90.0, 80.0, 0.88], (2,), ()),
        ("acc", [90.0, 80.0, 88.0], (), ()),
        ("acc", [0.91, 0.85, 9.4], (), (2,)),  # 0.94 with a slipped point, not 9.4 %
        ("acc", [0.06, 0.07, 9.4], (2,), ()),
        ("acc", [0.9, 0.8, -0.5, 880.0], (), (2, 3)),
        ("ARI", [0.4, -0.1, 0.5], (), ()),
        ("rmse", [0.4, 12.0, -1.0], (), (2,)),
        ("loss", [0.4, 12.0, -1.0], None, None),
        ("acc", [], None, None),
    ],
)
def test_values_that_a_metric_of_that_name_cannot_have(metric, values, rescaled, beyond):
    found = out_of_range(metric, values)
    assert (found and found.rescaled) == rescaled
    assert (found and found.beyond) == beyond


def test_a_rescaled_value_is_given_as_the_others_are_written():
    found = out_of_range("acc", [0.9, 0.8, 87.3])
    assert (found.in_the_usual_unit(87.3), found.allowed) == (0.873, "0 to 1")
    found = out_of_range("acc", [90.0, 80.0, 0.873])
    assert (found.in_the_usual_unit(0.873), found.allowed) == (87.3, "0 to 100")
    assert out_of_range("rmse", [1.0]).allowed == "0 or more"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_no_value_is_both_rescaled_and_beyond(values):
    found = out_of_range("acc", values)
    assert not set(found.rescaled) & set(found.beyond)
    left = set(range(len(values))) - set(found.rescaled) - set(found.beyond)
    assert all(found.low <= values[index] <= found.high for index in left)


def test_a_batch_says_which_results_cannot_be():
    recommender = Recommender([Real("x", 0.0, 1.0)], direction="maximize", metric="acc")
    for index, value in enumerate([0.91, 0.85, 0.93, 0.88, 9.4, 88.0, 87.0]):
        recommender.tell({"x": index / 7}, value)
    notices = [n for n in recommender.ask(1).notices if "check the entry before" in n.message]
    assert [n.code for n in notices] == ["suspect-run"] * 2
    assert [n.runs for n in notices] == [("run-6", "run-7"), ("run-5",)]
    assert "run-6, run-7: acc 88.0 looks like in percent among fractions" in notices[0].message
    assert "run-5: acc 9.4 cannot be (0 to 1)" in notices[1].message
