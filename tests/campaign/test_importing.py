import pytest

from recommender.campaign.importing import import_table
from recommender.campaign.recording import record
from recommender.campaign.result import Result
from recommender.errors import ConflictError, TableError
from recommender.run import Status
from tests.conftest import every_backend

pytestmark = every_backend

NOW = "2026-07-01T00:00:00Z"
COLUMNS = "id,event,status,recorded_at,label,hours,lr,tau,loss,NMI,note"
HEAD = "label,lr,tau,loss,NMI,status,hours,note\n"


@pytest.fixture
def bring(empty):
    def bring(rows, head=HEAD, **options):
        path = empty.write("table.csv", head + rows)
        return import_table(empty.open(), path, encoding=None, now=NOW, **options)

    return bring


def known(sweep):
    return sweep.open().read().history.runs


def proposed(recommend, n=1):
    return recommend("next", "--n", n, "--json").json["batch"]


def test_a_row_keeps_its_label_hours_note_and_status(empty, bring):
    bring("0613_205042,0.001,0.5,0.7,,,3.5,fine\n0614,0.002,0.5,,,diverged,,\n")
    first, second = known(empty)
    assert (first.label, first.hours, first.note) == ("0613_205042", 3.5, "fine")
    assert (first.status, first.metrics) == (Status.COMPLETED, {"loss": 0.7})
    assert (second.status, second.metrics) == (Status.DIVERGED, {})
    assert first.id.startswith("run-0001-")


@pytest.mark.parametrize(
    ("word", "status"),
    [
        *(("done", "completed"), ("Finished", "completed"), ("failed", "crashed")),
        *(("diverged", "diverged"), ("crashed", "crashed")),
    ],
)
def test_status_words(empty, bring, word, status):
    bring(f"a,0.001,0.5,,,{word},,\n")
    assert [str(run.status) for run in known(empty)] == [status]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a,0.001,0.5,0.7,,paused,,\n", "status is 'paused'"),
        ("a,0,0.5,0.7,,,,\n", "log scale"),
        ("a,fast,0.5,0.7,,,,\n", "lr is 'fast'"),
    ],
)
def test_a_row_that_makes_no_run_is_left_out_and_said(empty, bring, row, said):
    imported = bring(row + "b,0.001,0.5,0.7,,,,\n")
    assert len(imported.added) == 1
    assert any(said in finding.message and finding.line == 2 for finding in imported.findings)


def test_rows_that_agree_in_label_and_parameters_are_told_apart_by_their_place(empty, bring):
    rows = ",0.001,0.5,0.7,,,,\n,0.001,0.5,0.8,,,,\n"
    assert len(bring(rows).added) == 2
    assert bring(rows).added == ()
    third = bring(rows + ",0.001,0.5,0.9,,,,\n")
    assert (len(third.known), len(third.added)) == (2, 1)
    assert [run.metrics["loss"] for run in known(empty)] == [0.7, 0.8, 0.9]


def test_a_later_column_fills(empty, bring):
    bring("a,0.001,0.5,0.7,,,,\nb,0.002,0.5,0.6,,,,\n")
    imported = bring("a,0.001,0.5,0.7,0.61,,,\nb,0.002,0.5,0.6,,,,\n")
    assert len(imported.filled) == 1
    assert known(empty)[0].metrics == {"loss": 0.7, "NMI": 0.61}


def test_a_known_label_with_other_parameters_is_a_question_and_nothing_comes_in(empty, bring):
    bring("a,0.001,0.5,0.7,,,,\n")
    before = empty.ledger()
    with pytest.raises(ConflictError, match=r"table.csv:3: the label 'a' is known as run-0001-"):
        bring("b,0.003,0.5,0.7,,,,\na,0.002,0.5,0.7,,,,\n")
    assert empty.ledger() == before


def test_another_result_of_a_known_run_is_a_question_that_names_the_line(empty, bring):
    bring("a,0.001,0.5,0.7,,,,\n")
    before = empty.ledger()
    with pytest.raises(ConflictError, match=r"table.csv:3: .*loss is 0.7, not 0.8"):
        bring("b,0.003,0.5,0.7,,,,\na,0.001,0.5,0.8,,,,\n")
    assert empty.ledger() == before


@pytest.mark.parametrize(
    "amended",
    [
        Result(metrics={"loss": 0.9}),
        Result(params={"lr": "0.01"}),
        Result(status=Status.DIVERGED),
        Result(status=Status.CRASHED),
        Result(hours=4.0),
    ],
)
def test_what_was_amended_stays_amended_when_the_table_is_imported_again(empty, bring, amended):
    row = "a,0.001,0.5,0.7,,,3.5,\n"
    id = bring(row).added[0]
    record(empty.open(), id, amended, amend="mistyped", now=NOW)
    before = known(empty)
    assert bring(row).known == (id,)
    assert bring(row).filled == ()
    assert known(empty) == before


@pytest.mark.parametrize("label", ["", "07-01", "the id"])
def test_the_result_of_a_proposal_may_come_by_table(sweep, bring, recommend, label):
    each = proposed(recommend)[0]
    label = each["id"] if label == "the id" else label
    row = f"{label},{each['params']['lr']},{each['params']['tau']},0.5,,,,\n"
    assert bring(row).filled == (each["id"],)
    again = bring(row)
    assert (again.known, again.filled) == ((each["id"],), ())
    run = next(run for run in known(sweep) if run.id == each["id"])
    assert (run.status, run.metrics["loss"]) == (Status.COMPLETED, 0.5)


def test_the_id_as_a_label_with_other_parameters_is_a_question(sweep, bring, recommend):
    each = proposed(recommend)[0]
    with pytest.raises(ConflictError, match="Is it the same run"):
        bring(f"{each['id']},0.05,0.99,0.5,,,,\n")


def test_a_proposal_recorded_by_hand_is_known_by_its_result(sweep, bring, recommend):
    each = proposed(recommend)[0]
    recommend("record", each["id"], "--metric", "loss=0.5")
    given = f"{each['params']['lr']},{each['params']['tau']}"
    assert bring(f"07-01,{given},0.5,,,,\n").known == (each["id"],)
    # With another result it is another training of the same configuration.
    assert len(bring(f"07-02,{given},0.6,,,,\n").added) == 1


def test_a_blank_row_of_a_proposal_leaves_it_pending(sweep, bring, recommend):
    each = proposed(recommend)[0]
    bring(f"07-01,{each['params']['lr']},{each['params']['tau']},,,,,\n")
    assert [run.id for run in sweep.open().read().history.pending] == [each["id"]]


def test_integers_truths_and_categories_are_recognised_again(empty, bring):
    empty.write(
        "configs/sweep.yaml",
        "objective: {metric: loss}\nparameters:\n"
        "  n: {type: integer, low: 1, high: 9}\n"
        "  flag: {type: categorical, choices: [true, false]}\n"
        "  opt: {type: categorical, choices: [adam, sgd]}\n",
    )
    head, rows = "n,flag,opt,loss\n", "3,True,adam,0.5\n4.0,False,sgd,0.6\n2.5,True,adam,0.7\n"
    imported = bring(rows, head)
    assert len(imported.added) == 2
    assert any("not a whole number" in finding.message for finding in imported.findings)
    again = bring(rows, head)
    assert (again.added, again.filled) == ((), ())


def test_a_dry_run_says_the_same_and_writes_nothing(empty, bring):
    rows = "a,0.001,0.5,0.7,,,,\n"
    dry = bring(rows, dry_run=True)
    assert not (empty.folder / "history").exists()
    assert dry.added == bring(rows).added


def test_a_column_named_like_one_of_the_proposals_is_kept(empty, bring):
    head = "label,lr,tau,loss,batch,role,reason\n"
    for dry_run in (True, False):
        assert len(bring("a,0.001,0.5,0.7,64,first,a hunch\n", head, dry_run=dry_run).added) == 1
    assert "a hunch" in empty.ledger()


def test_further_columns_are_kept(empty, bring):
    bring("a,0.001,0.5,0.7,abc\n", "label,lr,tau,loss,commit\n")
    assert "commit" in empty.ledger().splitlines()[0]
    assert "abc" in empty.ledger()


def test_a_metric_is_not_split_by_the_case_of_its_name(sweep, bring):
    imported = bring("07-01,0.002,0.5,0.7,0.6\n", "label,lr,tau,LOSS,nmi\n")
    assert known(sweep)[-1].metrics == {"loss": 0.7, "NMI": 0.6}
    assert sweep.ledger().splitlines()[0] == COLUMNS
    assert "the column 'nmi' is taken for NMI" in [each.message for each in imported.findings]


def test_blank_metric_columns_are_kept_so_that_a_later_value_only_appends(empty, bring):
    bring("a,0.001,0.5,0.7,,\n", "label,lr,tau,loss,NMI,unused\n")
    before = empty.ledger()
    assert before.splitlines()[0].endswith(",lr,tau,loss,NMI,note")
    record(empty.open(), known(empty)[0].id, Result(metrics={"NMI": 0.6}), now=NOW)
    assert empty.ledger().startswith(before)


def test_a_further_blank_column_alone_rewrites_nothing(empty, bring):
    bring("a,0.001,0.5,0.7\n", "label,lr,tau,loss\n")
    before = empty.ledger()
    bring("a,0.001,0.5,0.7,\n", "label,lr,tau,loss,NMI\n")
    assert empty.ledger() == before


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("a;0,001;0,5;0,7\nb;0,002;0,5;0,6\n", r"6 cell\(s\), such as '0,001',.*write 0\.001\n"),
        ("a;~0.001;0.5;0.7\n", r"2: the row is left out: lr is '~0\.001'"),
        ("a;0;0.5;0.7\n", r"2: the row is left out: .*log scale"),
        ("\n".join("a;;0.5;1" for _ in range(9)) + "\n", "and 4 more like these"),
    ],
)
def test_a_table_of_which_no_row_can_be_taken_is_an_error(empty, bring, rows, said):
    with pytest.raises(TableError, match=said):
        bring(rows, "label;lr;tau;loss\n")
    assert not (empty.folder / "history").exists()


@pytest.mark.parametrize("rows", ["", ",,,,,,,\n"])
def test_a_table_without_a_run_so_far_adds_none(bring, rows):
    assert bring(rows).added == ()


def test_a_column_named_like_one_of_the_history_does_not_stop_the_import(empty, bring):
    imported = bring("a,32,0.001,0.5,0.7\n", "id,recorded_at,lr,tau,loss\n")
    assert len(imported.added) == 1
    assert any("the column recorded_at is not read" in each.message for each in imported.findings)


def test_a_row_that_repeats_label_and_parameters_is_noticed(bring):
    imported = bring(
        "a,0.001,0.5,0.7,,,,\n,0.001,0.5,0.7,,,,\na,0.001,0.5,0.7,,,,\n,0.001,0.5,0.7,,,,\n"
    )
    assert len(imported.added) == 4
    noticed = [(each.line, each.message) for each in imported.findings]
    assert [line for line, _ in noticed] == [4]
    assert "those of line 2" in noticed[0][1]


def test_a_value_out_of_bounds_is_brought_in_and_that_is_said(bring):
    imported = bring("a,5.0,0.2,0.6,,,,\n")
    assert len(imported.added) == 1
    noticed = [finding.message for finding in imported.findings if finding.kind == "noticed"]
    assert any("lr 5.0 lies outside" in message for message in noticed)
