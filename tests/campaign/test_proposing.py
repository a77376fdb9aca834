import threading

import pytest

from recommender.campaign.proposing import propose
from recommender.campaign.recording import record
from recommender.campaign.result import Result
from recommender.engine.recommender import Recommender
from recommender.errors import HistoryError
from recommender.run import run_number

NOW = "2026-07-01T00:00:00Z"


def ask(sweep, n=2, **options):
    given = {"fix": {}, "within": {}, "seed": 0, "now": NOW} | options
    return propose(sweep.open(), n, **given)


def test_what_stands_in_the_ledger_is_what_was_proposed(sweep):
    batch = ask(sweep)
    assert sweep.open().read().proposals == batch.proposals
    assert {proposal.batch for proposal in batch.proposals} == {1}
    assert {proposal.proposed_at for proposal in batch.proposals} == {NOW}
    assert {proposal.batch for proposal in ask(sweep).proposals} == {2}


def test_two_at_once_wait_for_each_other_and_differ(sweep):
    batches = []
    threads = [threading.Thread(target=lambda: batches.append(ask(sweep))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    proposals = [proposal for batch in batches for proposal in batch.proposals]
    assert len({proposal.id for proposal in proposals}) == 4
    assert len({tuple(proposal.params.items()) for proposal in proposals}) == 4
    assert len(sweep.open().read().history.pending) == 4


def test_a_run_recorded_meanwhile_takes_the_next_number(sweep, monkeypatch):
    ask_engine = Recommender.ask

    def slow(self, *args, **options):
        result = Result(params={"lr": "0.002", "tau": "0.4"}, metrics={"loss": 0.5})
        recorded.append(record(sweep.open(), None, result, now=NOW).id)
        return ask_engine(self, *args, **options)

    recorded = []
    monkeypatch.setattr(Recommender, "ask", slow)
    batch = ask(sweep)
    ids = [*recorded, *(proposal.id for proposal in batch.proposals)]
    assert [run_number(id) for id in ids] == [7, 8, 9]
    assert {path.stem for path in (sweep.folder / "configs/jobs").iterdir()} == set(ids[1:])


def test_a_history_that_does_not_fit_the_space_names_the_row_and_the_way_out(sweep):
    sweep.history("a-1,,,,,,fast,0.5,0.9,,\n")
    amend = r"recommend record a-1 --amend REASON --param NAME=VALUE"
    with pytest.raises(HistoryError, match=rf"runs.csv:2: a-1: .*{amend}, or .* exclude a-1 "):
        ask(sweep)


def test_an_objective_too_large_to_be_squared_names_the_row_and_the_way_out(sweep):
    sweep.history("a-1,,,,,,0.01,0.5,1e200,,\n")
    amend = r"recommend record a-1 --amend REASON --metric loss=VALUE"
    with pytest.raises(HistoryError, match=rf"runs.csv:2: a-1: loss is 1e\+200; .*{amend}"):
        ask(sweep)


def test_crashed_and_unmeasured_runs_are_not_fitted_but_counted(sweep):
    rows = sweep.ledger().split("\n", 1)[1]
    sweep.history(rows + "a-1,,crashed,,,,0.001,0.5,,,\na-2,,completed,,,,0.002,0.5,,,\n")
    batch = ask(sweep, 1)
    assert (batch.finished, batch.answer.fitted) == (8, 6)
