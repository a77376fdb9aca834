"""Which run a statement is about."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender import Real, Recommender
from recommender.engine.evidence import Observation
from recommender.engine.observations import Observations
from recommender.errors import ConflictError
from recommender.run import Objective, Status

PARAMETERS = [Real("lr", 1e-4, 1e-1, scale="log"), Real("t", 0.0, 1.0)]
RUN = {"lr": 0.02, "t": 0.2}
OTHER = {"lr": 0.02, "t": 0.4}


@pytest.fixture
def recommender():
    return Recommender(PARAMETERS, metric="loss")


def known(recommender):
    """What the recommender was told, by id."""
    return {
        run.id: str(run.status) if run.loss is None else run.loss
        for run in recommender._observations
    }


def replicates(recommender):
    """Two suggestions in flight of one configuration."""
    return recommender.ask(2, fix=RUN)


def test_suggestions_are_pending_under_their_names(recommender):
    assert [suggestion.id for suggestion in recommender.ask(2)] == ["run-1", "run-2"]
    assert known(recommender) == {"run-1": "pending", "run-2": "pending"}


def test_names_are_never_given_twice(recommender):
    recommender.tell(RUN, 0.5, id="run-2")
    recommender.tell(RUN, 0.5)
    recommender.tell(OTHER, 0.6)
    recommender.tell(recommender.ask(1)[0], 0.7, id="mine")
    assert recommender.ask(1)[0].id == "run-5"
    assert list(known(recommender)) == ["run-2", "run-1", "run-3", "mine", "run-5"]


def test_a_result_under_a_name_of_ones_own_renames_the_suggestion(recommender):
    one, other = recommender.ask(2)
    recommender.tell(one, 0.4, id="mine")
    recommender.tell(dict(other), 0.5, id="too")
    assert known(recommender) == {"mine": 0.4, "too": 0.5}


def test_a_suggestion_may_be_renamed_before_its_result(recommender):
    suggestion = recommender.ask(1)[0]
    recommender.tell(suggestion, status="pending", id="job-7")
    assert known(recommender) == {"job-7": "pending"}
    recommender.tell(suggestion, 0.4)
    assert known(recommender) == {"job-7": 0.4}


def test_each_replicate_is_closed_by_its_own_result(recommender):
    one, other = replicates(recommender)
    assert one == other
    recommender.tell(other, 0.5)
    assert known(recommender) == {"run-1": "pending", "run-2": 0.5}
    recommender.tell(one, 0.4)
    assert known(recommender) == {"run-1": 0.4, "run-2": 0.5}


@pytest.mark.parametrize("names", [(None, None), ("a", "b")])
def test_replicates_told_by_their_parameters_are_closed_in_turn(recommender, names):
    replicates(recommender)
    recommender.tell(RUN, 0.4, id=names[0])
    recommender.tell(RUN, 0.5, id=names[1])
    assert list(known(recommender).values()) == [0.4, 0.5]


def test_a_run_of_another_name_stays_apart(recommender):
    recommender.tell(RUN, id="first")
    recommender.tell(RUN, status="pending", id="second")
    recommender.tell(RUN, 0.4, id="third")
    assert known(recommender) == {"first": "completed", "second": "pending", "third": 0.4}


def test_a_nameless_result_belongs_to_the_first_run_that_waits_for_one(recommender):
    recommender.tell(RUN, 0.3, id="done")
    recommender.tell(RUN, status="pending", id="job-7")
    recommender.tell(RUN, 0.4)
    assert known(recommender) == {"done": 0.3, "job-7": 0.4}


def test_the_same_again_changes_nothing_and_another_result_is_a_conflict(recommender):
    suggestion = recommender.ask(1)[0]
    for _ in range(2):
        recommender.tell(suggestion, 0.4)
    assert known(recommender) == {"run-1": 0.4}
    for result in ({"value": 0.5}, {"status": "diverged"}, {"status": "pending"}, {}):
        with pytest.raises(ConflictError, match=r"run-1 is known as loss 0\.4, not as"):
            recommender.tell(suggestion, **result)
    assert known(recommender) == {"run-1": 0.4}


def test_a_replicate_is_told_by_its_parameters_or_a_name_of_its_own(recommender):
    suggestion = recommender.ask(1)[0]
    recommender.tell(suggestion, 0.4)
    recommender.tell(dict(suggestion), 0.5)
    recommender.tell(suggestion, 0.6, id="third")
    recommender.tell(recommender.best(), 0.7)
    assert list(known(recommender).values()) == [0.4, 0.5, 0.6, 0.7]


@pytest.mark.parametrize("status", ["crashed", "dropped"])
def test_a_late_result_of_a_run_that_came_to_nothing_is_welcome(recommender, status):
    suggestion = recommender.ask(1)[0]
    recommender.tell(suggestion, status=status)
    recommender.tell(suggestion, 0.4)
    assert known(recommender) == {"run-1": 0.4}


def test_a_known_run_can_be_excluded_and_taken_back(recommender):
    recommender.tell(RUN, 0.4, id="odd")
    recommender.tell(RUN, 0.4, id="odd", excluded=True)
    assert recommender.best() is None
    recommender.tell(RUN, 0.4, id="odd")
    assert recommender.best().id == "odd"


def test_other_parameters_under_a_known_name_are_a_conflict(recommender):
    recommender.tell(RUN, status="pending", id="mine")
    with pytest.raises(ConflictError, match=r"mine is known with lr 0.02, t 0.2, not .*t 0.4"):
        recommender.tell(OTHER, 0.4, id="mine")
    assert known(recommender) == {"mine": "pending"}


def test_the_suggestion_of_another_recommender_is_a_run_like_any_other(recommender):
    recommender.tell(RUN, 0.4)
    recommender.tell(Recommender(PARAMETERS).ask(1, fix=OTHER)[0], 0.5)
    assert known(recommender) == {"run-1": 0.4, "run-2": 0.5}


def test_runs_keep_their_order_when_results_come_in_another(recommender):
    one, other = recommender.ask(2)
    recommender.tell(other, 0.5, id="b")
    recommender.tell(one, 0.4, id="a")
    assert list(known(recommender)) == ["a", "b"]


def test_a_number_is_a_name_too(recommender):
    recommender.tell(RUN, 0.4, id=0)
    recommender.tell(RUN, 0.4, id=7)
    duplicates = [n for n in recommender.ask(1).notices if n.code == "duplicate-run"]
    assert [notice.runs for notice in duplicates] == [("0", "7")]


def test_a_recommender_can_be_kept_and_goes_on_as_it_would_have(recommender):
    recommender.tell(RUN, 0.4)
    suggestion = recommender.ask(1)[0]
    kept = pickle.loads(pickle.dumps(recommender))
    kept.tell(suggestion, 0.5)
    recommender.tell(suggestion, 0.5)
    assert known(kept) == known(recommender)
    assert [vars(each) for each in kept.ask(2)] == [vars(each) for each in recommender.ask(2)]


def test_a_recommender_says_how_many_runs_it_knows(recommender):
    assert repr(recommender) == "<Recommender of lr, t to minimize loss: no runs>"
    recommender.tell(RUN, 0.4)
    recommender.ask(2)
    assert repr(recommender).endswith(": 1 completed, 2 pending>")


@given(st.data())
def test_every_suggestion_is_closed_by_its_own_result_in_whatever_order_and_way(data):
    observations = Observations(Objective(metric="loss"))
    params = {
        (id := observations.new_id()): {"t": t}
        for t in data.draw(st.lists(st.sampled_from([0.1, 0.2]), max_size=6))
    }
    for id, given_params in params.items():
        pending = Observation(id="", params=given_params, status=Status.PENDING)
        observations.tell(pending, suggested=id)
    told = {}
    for index, id in enumerate(data.draw(st.permutations(list(params)))):
        name = data.draw(st.sampled_from(["", f"mine-{index}"]))
        result = Observation(id=name, params=params[id], status=Status.COMPLETED, loss=float(index))
        observations.tell(result, suggested=id)
        told[name or id] = result.loss
    assert {run.id: run.loss for run in observations} == told
