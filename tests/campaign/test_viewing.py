import pytest

from recommender.campaign.viewing import view
from recommender.errors import UsageError
from tests.conftest import RUNS


def test_the_objective_is_looked_at_unless_another_metric_is_asked_for(sweep):
    seen = view(sweep.open())
    assert seen.objective == seen.declared
    assert [run.metrics["loss"] for run in seen.measured] == list(seen.belief.values)
    assert len(seen.measured) == RUNS.count("\n")


def test_the_name_of_another_metric_tells_its_direction(sweep, recommend):
    for number, value in enumerate((0.5, 0.6, 0.7), 1):
        assert recommend("record", f"run-000{number}-aaaa", "--metric", f"NMI={value}").status == 0
    seen = view(sweep.open(), "NMI")
    assert seen.objective.direction == "maximize"
    assert sorted(seen.belief.values) == [0.5, 0.6, 0.7]
    assert seen.declared.metric == "loss"


def test_a_metric_that_no_run_has_is_refused_with_those_there_are(sweep):
    with pytest.raises(UsageError, match=r"'NMI'; allowed: loss"):
        view(sweep.open(), "NMI")
