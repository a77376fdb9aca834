import pandas as pd
import pytest

from recommender import Integer, Real, Recommender

PARAMETERS = [Real("lr", 1e-4, 1e-1, scale="log"), Integer("k", 1, 9)]


@pytest.fixture
def recommender():
    recommender = Recommender(PARAMETERS)
    for k in range(1, 9):
        recommender.tell({"lr": 10 ** (-k / 3 - 1), "k": k}, (k - 4) ** 2 / 10)
    return recommender


def test_a_suggestion_equals_any_mapping_of_its_values(recommender):
    one, other = recommender.ask(2)
    assert one == dict(one)
    assert dict(one) == one
    assert one != other
    assert one != dict(one) | {"k": 0}


def test_a_suggestion_is_no_more_hashable_than_a_dict_and_a_batch_is_itself(recommender):
    batch = recommender.ask(1)
    with pytest.raises(TypeError, match="unhashable"):
        hash(batch[0])
    with pytest.raises(TypeError, match="unhashable"):
        hash(recommender.best())
    assert len({batch, batch}) == 1


def test_pandas_takes_the_parameters_for_columns(recommender):
    batch = recommender.ask(3)
    frame = pd.DataFrame(batch)
    assert list(frame.columns) == ["lr", "k"]
    assert frame.to_dict("records") == [dict(suggestion) for suggestion in batch]
    assert pd.Series(recommender.best()).to_dict() == dict(recommender.best())


def test_a_row_of_pandas_can_be_told(recommender):
    for _, row in pd.DataFrame(recommender.ask(2)).iterrows():
        recommender.tell(row, 0.5)
    assert recommender.ask(1).fitted == 10


def test_what_is_shown_is_short_and_has_what_matters(recommender):
    batch = recommender.ask(2)
    lines = repr(batch).splitlines()
    assert lines[0] == "Batch of 2, from 8 fitted runs"
    for suggestion, line in zip(batch, lines[1:], strict=False):
        assert line == f"- {suggestion}"
        assert f"{suggestion.id}: lr {suggestion['lr']}, k {suggestion['k']}; " in line
        assert f"{suggestion.mean:.4g} ± {suggestion.sd:.2g}; {suggestion.role}: " in line
        assert repr(suggestion) == f"<Suggestion {suggestion}>"
    for notice in batch.notices:
        assert f"! {notice.message} [{notice.code}]" in lines
    best = recommender.best()
    assert repr(best).startswith(f"<Incumbent {best.id}: lr {best['lr']}, k {best['k']}; ")
    assert repr(best).endswith(f"; the best with probability {best.probability_best:.2f}>")


def test_what_has_no_prediction_shows_none():
    recommender = Recommender(PARAMETERS, seed=1)
    assert "±" not in repr(recommender.ask(1))
    recommender.tell({"lr": 0.01, "k": 3}, 0.5, id="a")
    assert repr(recommender.best()) == "<Incumbent a: lr 0.01, k 3>"
