from __future__ import annotations

import pytest

from recommender.errors import ConflictError, UsageError
from recommender.records import Event, EventKind, Folded, check_event, fold, nearest_id
from recommender.run import Proposal, Status

ID = "run-0001-abcd"
PARAMS = {"lr": 0.001, "t": 0.9}
PROPOSAL = Proposal(
    id=ID, batch=1, proposed_at="", params=PARAMS, metric="loss", role="exploit", reason=""
)
DONE = Event(
    id=ID, status=Status.COMPLETED, metrics={"loss": 0.77}, hours=3.5, source="history/runs.csv:2"
)


def after(*events: Event) -> Folded:
    return fold(events, [PROPOSAL], ["lr", "t"])


def test_a_result_completes_a_pending_run_and_leaves_out_what_is_known() -> None:
    event = check_event(after(), Event(id=ID, params=PARAMS, metrics={"loss": 0.77}))
    assert event == Event(id=ID, status=Status.COMPLETED, metrics={"loss": 0.77})


def test_the_same_again_adds_nothing() -> None:
    again = Event(id=ID, params={"lr": 1e-3}, metrics={"loss": 0.77}, recorded_at="later")
    assert check_event(after(DONE), again) is None


def test_a_new_note_adds_something_once() -> None:
    noted = Event(id=ID, note="on the new node")
    event = check_event(after(DONE), noted)
    assert event == Event(id=ID, status=Status.COMPLETED, note="on the new node")
    assert check_event(after(DONE, event), noted) is None


def test_a_metric_computed_later_is_reduced_to_itself_and_keeps_the_status() -> None:
    diverged = Event(id=ID, status=Status.DIVERGED, hours=1.0)
    event = check_event(after(diverged), Event(id=ID, hours=1.0, metrics={"NMI": 0.1}))
    assert event == Event(id=ID, status=Status.DIVERGED, metrics={"NMI": 0.1})


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Event(id=ID, metrics={"loss": 0.5}), ["loss is 0.77, not 0.5", "--metric loss=0.5"]),
        (Event(id=ID, hours=4), ["hours is 3.5, not 4", "--hours 4"]),
        (Event(id=ID, params={"lr": 0.01}), ["lr is 0.001, not 0.01", "--param lr=0.01"]),
        (Event(id=ID, status=Status.CRASHED), ["status is completed, not crashed"]),
        (Event(id=ID, status=Status.DIVERGED), ["--status diverged"]),
    ],
)
def test_another_value_is_refused_with_both_values_and_the_way_out(
    event: Event, words: list[str]
) -> None:
    with pytest.raises(ConflictError) as error:
        check_event(after(DONE), event)
    for word in (*words, ID, "history/runs.csv:2", "--amend REASON", "nothing was written"):
        assert word in str(error.value)


def test_after_a_crash_a_result_is_welcome_whatever_the_crash_reported() -> None:
    crash = Event(id=ID, status=Status.CRASHED, hours=0.5, metrics={"loss": 9.0})
    event = check_event(after(crash), Event(id=ID, hours=3.5, metrics={"loss": 0.77}))
    assert event == Event(id=ID, status=Status.COMPLETED, hours=3.5, metrics={"loss": 0.77})


def test_a_second_crash_is_kept_whatever_the_first_reported() -> None:
    first = Event(id=ID, status=Status.CRASHED, hours=2.0)
    second = Event(id=ID, status=Status.CRASHED, hours=0.5)
    assert check_event(after(first), first) is None
    assert check_event(after(first), second) == second
    for again in (first, second):
        assert check_event(after(first, second), again) is None
    with pytest.raises(ConflictError, match=r"lr is 0\.001, not 0\.1"):
        check_event(after(first), Event(id=ID, status=Status.CRASHED, params={"lr": 0.1}))


def test_an_amendment_names_the_values_it_replaces_and_only_what_changes() -> None:
    event = check_event(
        after(DONE),
        Event(
            id=ID,
            kind=EventKind.AMEND,
            params={"lr": 0.01, "t": 0.9},
            metrics={"loss": 0.5, "NMI": 0.6},
            note="typo",
        ),
    )
    assert event == Event(
        id=ID,
        kind=EventKind.AMEND,
        params={"lr": 0.01},
        metrics={"loss": 0.5, "NMI": 0.6},
        note="replaces lr=0.001, loss=0.77; typo",
    )
    (run,) = after(DONE, event).history.runs
    assert run.metrics == {"loss": 0.5, "NMI": 0.6}


def test_an_amendment_that_changes_nothing_adds_nothing() -> None:
    same = Event(id=ID, kind=EventKind.AMEND, metrics={"loss": 0.77}, note="typo")
    assert check_event(after(DONE), same) is None


def test_an_amendment_with_a_metric_completes_a_pending_run() -> None:
    rounded = Event(
        id=ID, kind=EventKind.AMEND, params={"lr": 0.0011}, metrics={"loss": 0.5}, note="rounded"
    )
    event = check_event(after(), rounded)
    assert event is not None
    (run,) = after(event).history.runs
    assert run.status is Status.COMPLETED
    assert run.params["lr"] == 0.0011


def test_an_amended_parameter_alone_leaves_the_run_pending() -> None:
    rounded = Event(id=ID, kind=EventKind.AMEND, params={"lr": 0.0011}, note="rounded")
    event = check_event(after(), rounded)
    assert event is not None
    assert after(event).history.pending[0].params["lr"] == 0.0011


def test_only_a_pending_run_can_be_dropped() -> None:
    drop = Event(id=ID, kind=EventKind.DROP, note="no time")
    assert check_event(after(), drop) == drop
    assert check_event(after(drop), drop) is None
    with pytest.raises(ConflictError, match=f'recommend exclude {ID} --reason "why"'):
        check_event(after(DONE), drop)


def test_exclude_and_restore_take_turns() -> None:
    exclude = Event(id=ID, kind=EventKind.EXCLUDE, note="bad seed")
    restore = Event(id=ID, kind=EventKind.RESTORE)
    assert check_event(after(DONE), restore) is None
    assert check_event(after(DONE), exclude) == exclude
    assert check_event(after(DONE, exclude), exclude) is None
    assert check_event(after(DONE, exclude), restore) == restore


def test_a_run_never_proposed_needs_all_its_parameters() -> None:
    with pytest.raises(UsageError, match="NAME=VALUE for t"):
        check_event(after(), Event(id="run-0002-abcd", params={"lr": 0.1}))
    whole = Event(id="run-0002-abcd", params=PARAMS, metrics={"loss": 1.0})
    event = check_event(after(), whole)
    assert event is not None
    assert event.status is Status.COMPLETED


def test_the_nearest_id_is_the_one_of_that_number() -> None:
    ids = ["run-0036-0037", "run-0037-9c1e", "mine"]
    assert nearest_id("run-0037", ids) == "; did you mean 'run-0037-9c1e'?"
    assert nearest_id("mime", ids) == "; did you mean 'mine'?"
    assert nearest_id("x", ids) == ""


@pytest.mark.parametrize("kind", [kind for kind in EventKind if kind is not EventKind.RESULT])
def test_an_unknown_id_is_refused_with_the_nearest_known_one(kind: EventKind) -> None:
    with pytest.raises(UsageError, match=f"did you mean '{ID}'"):
        check_event(after(), Event(id="run-0001-abce", kind=kind, params=PARAMS))
