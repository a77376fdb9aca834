from __future__ import annotations

import dataclasses
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import ConflictError, HistoryError
from recommender.records import Event, EventKind, Folded, check_event, fold
from recommender.run import Proposal, Run, Status

ID = "run-0001-abcd"
PARAMS = {"lr": 0.001, "t": 0.9}


def proposal(**changes: object) -> Proposal:
    given = Proposal(
        id=ID,
        batch=1,
        proposed_at="2025-06-07T08:00:00Z",
        params=PARAMS,
        metric="loss",
        role="exploit",
        reason="",
        source="history/proposals.csv:2",
    )
    return dataclasses.replace(given, **changes)  # type: ignore[arg-type]


def result(loss: float | None = None, line: int = 2, **changes: object) -> Event:
    metrics = {} if loss is None else {"loss": loss}
    given = Event(
        id=ID, status=Status.COMPLETED, metrics=metrics, source=f"history/runs.csv:{line}"
    )
    return dataclasses.replace(given, **changes)  # type: ignore[arg-type]


def crashed(**changes: object) -> Event:
    return result(status=Status.CRASHED, **changes)


def row(kind: EventKind, note: str = "", line: int = 9, **changes: object) -> Event:
    given = Event(id=ID, kind=kind, note=note, source=f"history/runs.csv:{line}")
    return dataclasses.replace(given, **changes)  # type: ignore[arg-type]


def amend(note: str, loss: float, **changes: object) -> Event:
    return row(EventKind.AMEND, note, metrics={"loss": loss}, **changes)


def folded(*events: Event) -> Folded:
    return fold(events, [proposal()], ["lr", "t"])


def run_of(*events: Event) -> Run:
    state = folded(*events)
    assert state.conflicts == ()
    (run,) = state.history.runs
    return run


def test_a_proposal_without_a_result_is_pending() -> None:
    run = run_of()
    assert run.status is Status.PENDING
    assert run.params == run.first_params == PARAMS
    assert run.proposal == proposal()
    assert run.source == "history/proposals.csv:2"


def test_a_later_result_fills_what_was_blank() -> None:
    run = run_of(result(0.5, hours=3.5), result(metrics={"NMI": 0.6}, note="computed later"))
    assert run.status is Status.COMPLETED
    assert run.metrics == {"loss": 0.5, "NMI": 0.6}
    assert run.hours == 3.5
    assert run.note == "computed later"


def test_a_drop_gives_a_pending_run_up_and_a_late_result_overrules_it() -> None:
    drop = row(EventKind.DROP)
    assert run_of(drop).status is Status.DROPPED
    assert run_of(drop, result(0.5)).status is Status.COMPLETED
    assert run_of(result(0.5), drop).status is Status.COMPLETED
    assert run_of(drop, crashed()).status is Status.CRASHED


@pytest.mark.parametrize("status", [Status.COMPLETED, Status.DIVERGED])
def test_an_attempt_that_finished_replaces_a_crashed_one(status: Status) -> None:
    attempts = (crashed(hours=0.5, metrics={"NMI": 0.1}), result(0.5, status=status, hours=3.5))
    for events in (attempts, attempts[::-1]):
        run = run_of(*events)
        assert run.status is status
        assert run.hours == 3.5
        assert run.metrics == {"loss": 0.5}


def test_a_run_may_crash_twice_with_other_reports() -> None:
    attempts = (crashed(hours=2.0, metrics={"NMI": 0.1}), crashed(hours=0.5, label="again"))
    for events in (attempts, attempts[::-1]):
        run = run_of(*events)
        assert (run.status, run.hours, run.label) == (Status.CRASHED, 2.0, "again")
    (conflict,) = folded(attempts[0], crashed(params={"lr": 0.1, "t": 0.9})).conflicts
    assert conflict.name == "lr"


def test_what_was_said_of_a_crashed_attempt_ends_with_it() -> None:
    crash = crashed(hours=0.5, metrics={"loss": 0.1})
    change = check_event(
        folded(crash), row(EventKind.AMEND, "typo", hours=0.7, metrics={"loss": 9.0, "NMI": 0.0})
    )
    assert change is not None
    assert run_of(crash, change).metrics == {"loss": 9.0, "NMI": 0.0}
    assert run_of(crash, change).status is Status.CRASHED
    retried = run_of(crash, change, result(0.1, hours=3.5))
    assert retried.metrics == {"loss": 0.1}
    assert retried.hours == 3.5


def test_a_crash_amended_to_diverged_keeps_what_it_reported() -> None:
    crash = crashed(hours=0.5, label="06-07")
    change = check_event(folded(crash), row(EventKind.AMEND, "it blew up", status=Status.DIVERGED))
    assert change is not None
    later = check_event(folded(crash, change), Event(id=ID, metrics={"NMI": 0.1}))
    assert later is not None
    run = run_of(crash, change, later)
    assert (run.status, run.hours, run.label) == (Status.DIVERGED, 0.5, "06-07")
    assert run_of(later, change, crash).metrics == {"NMI": 0.1}


def test_a_run_amended_to_crashed_is_not_completed_by_a_result_alone() -> None:
    amended = row(EventKind.AMEND, "the wrong log", status=Status.CRASHED)
    change = check_event(folded(result(0.5)), amended)
    assert change is not None
    assert run_of(result(0.5), change).status is Status.CRASHED
    with pytest.raises(ConflictError, match="--amend REASON --status completed"):
        check_event(folded(result(0.5), change), result(0.6))
    back = check_event(
        folded(result(0.5), change), amend("it ran again", 0.6, status=Status.COMPLETED)
    )
    assert back is not None
    run = run_of(result(0.5), change, back)
    assert (run.status, run.metrics) == (Status.COMPLETED, {"loss": 0.6})


def test_two_results_that_differ_are_a_conflict_that_names_both_and_the_way_out() -> None:
    state = folded(result(0.77, 2), result(0.78, 5))
    (conflict,) = state.conflicts
    assert (conflict.id, conflict.name) == (ID, "loss")
    assert conflict.values == ((0.77, "history/runs.csv:2"), (0.78, "history/runs.csv:5"))
    assert f'recommend record {ID} --amend "why" --metric loss=0.77' in conflict.message
    assert "0.78 (history/runs.csv:5)" in conflict.message
    assert state.history.runs[0].metrics == {"loss": 0.77}


def test_completed_and_diverged_contradict_each_other() -> None:
    (conflict,) = folded(result(0.5), result(status=Status.DIVERGED, line=3)).conflicts
    assert [value for value, _ in conflict.values] == ["completed", "diverged"]
    assert "--status completed" in conflict.message


def test_a_result_with_other_parameters_than_proposed_is_a_conflict() -> None:
    (conflict,) = folded(result(0.5, params={"lr": 0.01})).conflicts
    assert [source for _, source in conflict.values] == [
        "history/proposals.csv:2",
        "history/runs.csv:2",
    ]
    assert "--param lr=0.001" in conflict.message


def test_two_proposals_of_one_id_conflict_only_in_their_parameters() -> None:
    agreeing = fold([], [proposal(), proposal(batch=2, mean=0.4)])
    assert agreeing.conflicts == ()
    assert agreeing.history.runs[0].proposal == proposal()
    state = fold([], [proposal(), proposal(params={"lr": 0.001, "t": 0.8}, source="b:3")])
    assert state.conflicts[0].values == ((0.9, "history/proposals.csv:2"), (0.8, "b:3"))


@pytest.mark.parametrize("loss", [0.77, 0.78, 0.9])
def test_the_way_out_settles_a_contradiction(loss: float) -> None:
    events = [result(0.77, 2), result(0.78, 5)]
    settled = check_event(folded(*events), amend("read the log again", loss))
    assert settled is not None
    assert run_of(*events, settled).metrics == {"loss": loss}
    assert run_of(settled, *events[::-1]).metrics == {"loss": loss}


def test_an_amendment_that_replaces_another_value_is_a_conflict() -> None:
    (conflict,) = folded(result(0.77), amend("replaces loss=0.7; typo", 0.48)).conflicts
    assert [value for value, _ in conflict.values] == [0.77, 0.48]
    assert run_of(result(0.48), amend("replaces loss=0.7; typo", 0.48)).metrics == {"loss": 0.48}


def test_an_amended_value_keeps_its_place_before_a_later_contradiction() -> None:
    state = folded(result(0.77), result(0.47, 5), amend("replaces loss=0.77; typo", 0.48))
    assert [value for value, _ in state.conflicts[0].values] == [0.48, 0.47]
    assert state.history.runs[0].metrics == {"loss": 0.48}


def test_two_amendments_of_one_value_are_a_conflict() -> None:
    changes = (amend("replaces loss=0.7; a", 0.48), amend("replaces loss=0.7; b", 0.47))
    (conflict,) = folded(result(0.7), *changes).conflicts
    assert [value for value, _ in conflict.values] == [0.48, 0.47]


def test_an_amendment_there_and_back_ends_where_it_began() -> None:
    there = amend("replaces loss=0.7; a", 0.5)
    back = amend("replaces loss=0.5; b", 0.7)
    assert run_of(result(0.7), there, back).metrics == {"loss": 0.7}
    assert run_of(back, there, result(0.7)).metrics == {"loss": 0.7}


def test_an_amendment_written_by_hand_sets_the_cell() -> None:
    run = run_of(result(0.7), result(0.6), amend("I looked it up", 0.5))
    assert run.metrics == {"loss": 0.5}


def test_an_amended_parameter_keeps_what_was_first_written() -> None:
    change = row(EventKind.AMEND, "replaces lr=0.001; typo", params={"lr": 0.01})
    run = run_of(result(0.5), change)
    assert run.params == {"lr": 0.01, "t": 0.9}
    assert run.first_params == PARAMS


def test_the_last_of_exclude_and_restore_counts() -> None:
    exclude, restore = row(EventKind.EXCLUDE, "bad seed"), row(EventKind.RESTORE)
    assert run_of(exclude, result(0.5)).excluded
    assert not run_of(exclude, restore, result(0.5)).excluded
    assert run_of(exclude, restore, exclude).excluded
    assert run_of(exclude).note == "bad seed"


def test_a_wrong_clock_does_not_reorder_exclude_and_restore() -> None:
    exclude = row(EventKind.EXCLUDE, recorded_at="2036-01-01T00:00:00Z")
    restore = row(EventKind.RESTORE, recorded_at="2025-01-01T00:00:00Z")
    assert not run_of(exclude, restore).excluded


def test_a_row_that_a_merge_repeats_counts_once() -> None:
    exclude = row(EventKind.EXCLUDE, recorded_at="2025-01-01T00:00:00Z")
    restore = row(EventKind.RESTORE, recorded_at="2025-01-02T00:00:00Z")
    assert not run_of(exclude, restore, dataclasses.replace(exclude, source="elsewhere")).excluded


@pytest.mark.parametrize("kind", list(EventKind))
def test_a_row_of_an_unknown_run_is_refused_with_its_place(kind: EventKind) -> None:
    with pytest.raises(HistoryError, match=r"history/runs\.csv:7: .*no value for lr, t"):
        fold([row(kind, line=7)], [], ["lr", "t"])


def test_an_unproposed_run_needs_all_its_parameters_in_some_row() -> None:
    partial = result(0.5, params={"lr": 0.01})
    with pytest.raises(HistoryError, match="no value for t"):
        fold([partial], [], ["lr", "t"])
    whole = fold([partial, result(params={"t": 0.9})], [], ["lr", "t"])
    assert whole.history.runs[0].params == {"lr": 0.01, "t": 0.9}
    assert whole.history.runs[0].source == "history/runs.csv:2"


steps = st.one_of(
    st.builds(
        lambda status, metrics, hours, label: Event(
            id=ID, status=status, metrics=metrics, hours=hours, label=label
        ),
        st.sampled_from([None, Status.COMPLETED, Status.CRASHED, Status.DIVERGED]),
        st.dictionaries(st.sampled_from(["loss", "NMI"]), st.sampled_from([0.1, 0.2])),
        st.sampled_from([None, 1.0, 2.0]),
        st.sampled_from(["", "06-07 08:18:15", "06-08 09:00:00"]),
    ),
    st.builds(
        lambda metrics: Event(id=ID, kind=EventKind.AMEND, metrics=metrics, note="why"),
        st.dictionaries(st.sampled_from(["loss", "NMI"]), st.just(0.0)),
    ),
    st.sampled_from(
        [Event(id=ID, kind=kind) for kind in (EventKind.EXCLUDE, EventKind.RESTORE, EventKind.DROP)]
    ),
)


@given(st.lists(steps, max_size=8), st.randoms(use_true_random=False), st.data())
def test_what_was_checked_folds_the_same_in_any_order_and_with_duplicates(
    attempts: list[Event], shuffle: random.Random, data: st.DataObject
) -> None:
    events: list[Event] = []
    for number, step in enumerate(attempts):
        # A value that comes back makes the order of amendments a matter of the file's order.
        attempt = dataclasses.replace(step, metrics=dict.fromkeys(step.metrics, 1.0 + number))
        attempt = attempt if step.kind is EventKind.AMEND else step
        try:
            event = check_event(folded(*events), attempt)
        except ConflictError:
            continue
        if event is not None:
            stamped = dataclasses.replace(event, recorded_at=str(number), source=f"runs:{number}")
            events.append(stamped)
            run_of(*events)
            assert check_event(folded(*events), attempt) is None, "the same again is a no-op"
    before = run_of(*events)
    repeated = data.draw(st.lists(st.sampled_from(events), max_size=4)) if events else []
    toggles = [e for e in events if e.kind in (EventKind.EXCLUDE, EventKind.RESTORE)]
    mixed = [e for e in (*events, *repeated) if e not in toggles]
    shuffle.shuffle(mixed)
    after = run_of(*mixed, *toggles, *(e for e in repeated if e in toggles))
    assert {*after.note.split("; ")} == {*before.note.split("; ")}
    assert dataclasses.replace(after, note="") == dataclasses.replace(before, note="")


VALUES = st.floats(-9, 9) | st.integers(-9, 9) | st.sampled_from(["a", "b"])


@given(
    status=st.sampled_from([None, Status.COMPLETED, Status.CRASHED, Status.DIVERGED]),
    lr=VALUES,
    proposed=st.none() | VALUES,
    metrics=st.dictionaries(st.sampled_from(["loss", "NMI"]), st.floats(-9, 9)),
    label=st.sampled_from(["", "x"]),
    hours=st.none() | st.floats(0, 9),
    note=st.sampled_from(["", "seen"]),
)
def test_one_result_makes_the_same_run_as_the_same_result_said_twice(
    status: Status | None,
    lr: float | str,
    proposed: float | str | None,
    metrics: dict[str, float],
    label: str,
    hours: float | None,
    note: str,
) -> None:
    event = Event(
        id="a",
        status=status,
        label=label,
        hours=hours,
        params={"lr": lr, "t": 0.5},
        metrics=metrics,
        note=note,
        source="history/runs.csv:2",
    )
    proposals = [] if proposed is None else [proposal(id="a", params={"lr": proposed, "t": 0.5})]
    once = fold([event], proposals, ["lr"])
    twice = fold([event, event], proposals * 2, ["lr"])
    assert (once.history, once.conflicts) == (twice.history, twice.conflicts)
    alone = fold([], proposals, ["lr"]), fold([], proposals * 2, ["lr"])
    assert alone[0].history == alone[1].history
