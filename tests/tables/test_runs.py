from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import TableError
from recommender.tables import TableReading

Read = Callable[..., TableReading]


def md(*rows: str) -> str:
    header, *body = rows
    width = header.count("|") + 1
    return "\n".join([header, "|".join(["---"] * width), *body, ""])


# Columns


def test_columns_get_their_roles(read: Read) -> None:
    text = (
        "run,lr,seed_no,loss,NMI,state,Duration Hours,Comment,code\n"
        "r1,0.1,3,0.5,,completed,3.5,fine,abc1\nr2,0.2,4,,,crashed,,,\n"
    )
    reading = read(text)
    assert reading.metrics == ("seed_no", "loss", "NMI")
    assert reading.extras == ("code",)
    first, second = reading.runs
    assert (first.label, first.status, first.hours, first.note) == ("r1", "completed", 3.5, "fine")
    assert first.extras == {"code": "abc1"}
    assert (second.label, second.status, second.hours, second.note) == ("r2", "crashed", None, "")
    assert (second.metrics, second.extras) == ({"seed_no": 4.0}, {})


def test_without_a_name_for_it_the_label_is_the_first_text_left_of_the_parameters(
    read: Read,
) -> None:
    reading = read("fold,what,lr,loss\n1,first,0.1,0.5\n2,second,0.2,0.6\n")
    assert [run.label for run in reading.runs] == ["first", "second"]
    assert reading.metrics == ("fold", "loss")


def test_labels_stay_text(read: Read) -> None:
    labels = ["0613_205042", "007", "NA", "5e17", "06-07 08:18:15"]
    text = "id,lr,loss\n" + "".join(f"{label},0.1,0.5\n" for label in labels)
    assert [run.label for run in read(text).runs] == labels


def test_a_metric_left_of_the_parameters_with_a_bad_cell_is_no_label(read: Read) -> None:
    reading = read("loss,lr\n0.5,0.1\n0.6,0.2\n0.7~0.8,0.3\n")
    assert [run.metrics for run in reading.runs] == [{"loss": 0.5}, {"loss": 0.6}, {}]


def test_a_named_metric_is_one_even_if_it_holds_no_number(read: Read) -> None:
    text = "lr,Loss,other\n0.1,nan,a\n"
    reading = read(text, metrics=("loss", "othr"))
    assert reading.metrics == ("loss",)
    assert reading.runs[0].metrics == {}
    messages = [f.message for f in reading.findings]
    assert "'Loss' is taken for loss" in messages[0]
    assert "no column for the metric othr; did you mean 'other'?" in messages[1]
    assert "loss: the cell 'nan' is not a finite number" in messages[2]


def test_parameters_match_apart_from_case_and_separators(read: Read) -> None:
    reading = read(
        "Learning Rate,weight-decay,loss\n0.1,0.2,0.5\n", ("learning_rate", "WeightDecay")
    )
    assert reading.runs[0].params == {"learning_rate": 0.1, "WeightDecay": 0.2}
    assert [f.kind for f in reading.findings] == ["noticed", "noticed"]


def test_an_exact_name_wins_and_is_not_taken_for_another(read: Read) -> None:
    assert read("LR,lr,loss\n1,2,3\n").runs[0].params == {"lr": 2}
    with pytest.raises(TableError, match="lacks l_r"):
        read("lr,loss\n1,2\n", ("lr", "l_r"))


def test_a_missing_parameter_is_named_with_the_columns_and_the_nearest_name(read: Read) -> None:
    with pytest.raises(
        TableError, match=r"\.csv:1: .*'learning_rat', 'loss'.*learning_rate; did you mean"
    ):
        read("learning_rat,loss\n1,2\n", ("learning_rate",))


def test_two_columns_of_one_name_are_refused(read: Read) -> None:
    with pytest.raises(TableError, match=r":1: two columns are named 'NMI'.*rename or delete"):
        read(md("lr|**NMI**|NMI", "0.1|0.5|0.6"), suffix=".md")


def test_a_metric_bears_the_name_that_is_known_already(read: Read) -> None:
    text = "lr,LOSS\u00a0,nmi,Val Loss\n0.1,0.5,0.6,0.7\n"
    reading = read(text, metrics=("loss",), known_metrics=("NMI", "val_loss", "ARI"))
    assert reading.runs[0].metrics == {"loss": 0.5, "NMI": 0.6, "val_loss": 0.7}
    assert [f.message for f in reading.findings] == [
        "the column 'LOSS' is taken for loss",
        "the column 'nmi' is taken for NMI",
        "the column 'Val Loss' is taken for val_loss",
    ]


def test_the_tables_of_a_file_agree_on_names(read: Read) -> None:
    text = md("id|lr|NMI", "a|0.1|0.5") + "\n" + md("ID|LR|nmi", "b|0.2|0.6")
    reading = read(text, suffix=".md")
    assert [(run.label, run.metrics) for run in reading.runs] == [
        ("a", {"NMI": 0.5}),
        ("b", {"NMI": 0.6}),
    ]


@pytest.mark.parametrize("known", [(), ("nmi",), ("NMI",), ("Nmi",)])
def test_two_columns_that_are_one_metric_are_refused(read: Read, known: tuple[str, ...]) -> None:
    with pytest.raises(TableError, match=r":1: the columns '.*' and '.*' are one metric"):
        read("lr,NMI,nmi\n0.1,0.5,0.6\n", known_metrics=known)


def test_a_column_of_a_reserved_name_is_left_out_and_the_runs_kept(read: Read) -> None:
    reading = read("lr,batch,event,loss\n0.1,32,x,0.5\n", reserved=("batch", "event", "id"))
    assert (reading.metrics, reading.extras) == (("loss",), ())
    assert (reading.runs[0].metrics, reading.runs[0].extras) == ({"loss": 0.5}, {})
    assert [(f.line, f.kind, f.message.split()[2]) for f in reading.findings] == [
        (1, "left-out", "batch"),
        (1, "left-out", "event"),
    ]


def test_arrows_and_full_width_letters_in_a_name_do_no_harm(read: Read) -> None:
    reading = read("lr,loss ↓,ＮＭＩ\n0.1,0.5,0.6\n", metrics=("loss", "NMI"))
    assert reading.runs[0].metrics == {"loss": 0.5, "NMI": 0.6}


def test_columns_that_blanks_separate_are_one_column_and_the_error_says_so(read: Read) -> None:
    with pytest.raises(TableError, match=r"has 'lr loss' alone \(columns are separated by"):
        read("lr  loss\n0.1  0.5\n", suffix=".txt")


def test_two_metrics_that_are_known_apart_stay_apart(read: Read) -> None:
    reading = read("lr,acc,ACC\n0.1,0.5,0.6\n", known_metrics=("ACC", "acc"))
    assert reading.runs[0].metrics == {"acc": 0.5, "ACC": 0.6}


def test_a_line_end_or_an_invisible_blank_in_a_name_does_no_harm(read: Read) -> None:
    reading = read('lr,"loss\n(train)",\u200bNMI\u2060\n0.1,0.5,0.6\n')
    assert reading.runs[0].metrics == {"loss (train)": 0.5, "NMI": 0.6}


def test_two_columns_of_one_name_in_another_table_do_no_harm(read: Read) -> None:
    text = md("lr|loss", "0.1|0.5") + "\n" + md("a|a", "1|2")
    assert len(read(text, suffix=".md").runs) == 1


def test_a_nameless_column_is_left_out_and_reported_if_it_holds_something(read: Read) -> None:
    reading = read("lr,,loss\n0.1,x,0.5\n0.2,,0.6\n")
    assert [run.metrics for run in reading.runs] == [{"loss": 0.5}, {"loss": 0.6}]
    assert [(f.line, f.kind) for f in reading.findings] == [(2, "left-out")]
    assert read("lr,,loss\n0.1,,0.5\n").findings == ()


def test_a_row_without_the_nameless_cell_is_not_shifted(read: Read) -> None:
    assert read("lr,,loss,acc\n0.1,0.5,0.6\n").runs == ()


def test_all_tables_with_every_parameter_are_read_and_the_others_reported(read: Read) -> None:
    tables = [
        md("id|lr|loss", "a|0.1|0.5"),
        md("lr|loss", "0.2|0.74~0.76"),
        md("x|y", "1|2"),
        md("NMI|lr|wd|id", "0.9|0.3|0|b"),
    ]
    text = "\n".join(tables)
    reading = read(text, suffix=".md")
    assert [(run.label, run.params["lr"]) for run in reading.runs] == [
        ("a", 0.1),
        ("", 0.2),
        ("b", 0.3),
    ]
    assert reading.metrics == ("loss", "NMI", "wd")
    assert [f.line for f in reading.findings] == [7, 9]
    assert "'x', 'y' holds no runs: it lacks lr" in reading.findings[1].message


# Cells

NO_NUMBERS = [
    "0.74~0.76",
    "~1.5",
    "91%",
    "0,48",
    "４８",
    "٣.٥",
    "nan",
    "-inf",
    "Infinity",
    "1e999",
    "1e-999",
    "1_000",
    "0613_205042",
    "0x10",
    "0005",
    "0.5 (best)",
    "½",
    "1.000,5",
    ">0.5",
    "0.5\xa0",
    "--1",
    "1e",
    ".",
]


@pytest.mark.parametrize("cell", NO_NUMBERS)
def test_a_metric_that_is_no_number_is_left_out_and_the_row_kept(read: Read, cell: str) -> None:
    reading = read(f"id;lr;loss;NMI\na;0.1;{cell};0.7\nb;0.1;0.5;0.8\n")
    assert [dict(run.metrics) for run in reading.runs] == [{"NMI": 0.7}, {"loss": 0.5, "NMI": 0.8}]
    (finding,) = reading.findings
    assert (finding.line, finding.kind) == (2, "left-out")
    assert finding.message.startswith(f"loss: the cell {cell!r} ")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("0.74~0.76", "range"),
        ("0.5 ± 0.01", "not exact"),
        ("91%", "percentage"),
        ("0,48", "comma"),
        ("1,5e-3", "comma"),
        ("2024-06-08 00:00:00", "date"),
        ("４８", "digits 0 to 9"),
        ("0.48¹", "digits 0 to 9"),
        ("1e−3", "looks like a minus sign"),
        ("1×10^-3", "is not a number"),
        ("1e999", "too large"),
        ("nan", "diverged"),
    ],
)
def test_what_is_wrong_with_a_cell_is_said(read: Read, cell: str, said: str) -> None:
    assert said in read(f"lr;loss\n0.1;{cell}\n0.1;1\n").findings[0].message


@pytest.mark.parametrize("cell", [*NO_NUMBERS, "adam"])
def test_a_numeric_parameter_that_is_no_number_leaves_the_row_out(read: Read, cell: str) -> None:
    reading = read(f"id;lr;loss\na;{cell};0.5\nb;0.1;0.5\n")
    assert [run.label for run in reading.runs] == ["b"]
    (finding,) = reading.findings
    assert (finding.line, finding.kind) == (2, "left-out")
    assert f"lr is {cell!r}" in finding.message


@pytest.mark.parametrize("cell", ["0,0005", "~0.5", "5%", "nan", "４８", "06-07", "1e999", "½"])
def test_a_failed_number_is_no_category(read: Read, cell: str) -> None:
    reading = read(f"id;lr;loss\na;{cell};0.5\n")
    assert reading.runs == ()
    assert [f.line for f in reading.findings] == [2]


def test_words_are_categories(read: Read) -> None:
    words = ["adam", "resnet50", "none", "日期", "cosine decay"]
    text = "id,lr,loss\n" + "".join(f"x,{word},0.5\n" for word in words)
    reading = read(text)
    assert [run.params["lr"] for run in reading.runs] == words
    assert reading.findings == ()


def test_whole_numbers_stay_whole(read: Read) -> None:
    values = [run.params["lr"] for run in read("lr,loss\n32,1\n32.0,1\n").runs]
    assert [type(value) for value in values] == [int, float]


@pytest.mark.parametrize("blank", ["", "-", "—", "–", " ", "\u00a0"])
def test_a_blank_cell_is_missing_and_never_zero(read: Read, blank: str) -> None:
    reading = read(f"id,lr,loss\na,0.1,{blank}\nb,{blank},0.5\n{blank},0.2,0.6\n")
    assert [(run.label, dict(run.metrics)) for run in reading.runs] == [
        ("a", {}),
        ("", {"loss": 0.6}),
    ]
    assert [f.line for f in reading.findings] == [3]
    assert "lr is blank" in reading.findings[0].message


@pytest.mark.parametrize("row", ["0,0005,0,48", "0,0005,", "0.1", "0.1,0.5,"])
def test_a_row_of_another_length_is_left_out_not_shifted(read: Read, row: str) -> None:
    reading = read(f"lr,loss\n{row}\n0.1,0.5\n")
    assert [run.line for run in reading.runs] == [3]
    assert [f.line for f in reading.findings] == [2]
    assert "under 2 columns" in reading.findings[0].message


def test_half_of_a_decimal_comma_is_no_number(read: Read) -> None:
    reading = read("lr,loss\n0,0005\n", metrics=("loss",))
    assert reading.runs[0].metrics == {}
    assert "half of a decimal comma" in reading.findings[0].message


def test_a_column_of_failed_numbers_alone_is_kept_as_text_and_noticed(read: Read) -> None:
    reading = read("lr;wobble;code\n0.1;0,48;1.2.3-rc\n0.2;0,49;1.3\n")
    assert reading.extras == ("wobble",)
    assert [run.extras for run in reading.runs] == [{"wobble": "0,48"}, {"wobble": "0,49"}]
    assert (reading.findings[0].line, reading.findings[0].kind) == (1, "noticed")
    assert "write a decimal point" in reading.findings[0].message


def test_a_column_named_like_a_metric_is_one_whatever_is_wrong_with_its_cells(read: Read) -> None:
    reading = read("lr;NMI;unused;code\n0.1;0,48;;a\n0.2;0,49;;b\n")
    assert reading.metrics == ("NMI",)
    assert [run.metrics for run in reading.runs] == [{}, {}]
    assert [f.line for f in reading.findings] == [2, 3]
    assert read("lr,score,loss\n0.1,good,1\n").extras == ("score",)


def test_blank_columns_named_like_metrics_are_metrics_and_no_others(read: Read) -> None:
    assert read("lr,loss,NMI,unused\n0.1,0.5,,\n").metrics == ("loss", "NMI")


def test_markdown_pads_short_rows_but_drops_no_cell(read: Read) -> None:
    reading = read(md("lr|loss|acc", "0.1|0.5", "0.2|0.6|0.7|", "0.2|0.6|0.7|0.8"), suffix=".md")
    assert [dict(run.metrics) for run in reading.runs] == [{"loss": 0.5}, {"loss": 0.6, "acc": 0.7}]
    assert [f.line for f in reading.findings] == [5]


def test_blank_rows_are_summed_up_in_one_finding(read: Read) -> None:
    reading = read("lr,loss\n,\n0.1,0.5\n-,-\n")
    assert [(f.line, f.message) for f in reading.findings] == [(2, "2 blank row(s), at line 2, 4")]


def test_damaged_texts_are_repaired_or_kept_and_reported(read: Read) -> None:
    good = "日期".encode().decode("cp1252")
    lost = "参数".encode().decode("cp1254", "ignore")
    reading = read(f"{good},lr,loss\n{good},0.1,0.5\n{lost},0.1,0.6\n")
    assert [run.label for run in reading.runs] == ["日期", lost]
    assert [(f.line, f.kind) for f in reading.findings] == [
        (1, "repaired"),
        (2, "repaired"),
        (3, "noticed"),
    ]


def test_a_damaged_parameter_leaves_the_row_out(read: Read) -> None:
    lost = "参数".encode().decode("cp1254", "ignore")
    assert read(f"lr,loss\n{lost},0.5\n").runs == ()


@given(st.lists(st.tuples(st.floats(allow_nan=False, allow_infinity=False), st.integers())))
def test_numbers_are_never_changed(read: Read, rows: list[tuple[float, int]]) -> None:
    text = "lr,n,loss\n" + "".join(f"{x!r},{n},{x!r}\n" for x, n in rows)
    reading = read(text, ("lr", "n"))
    found = [(r.params["lr"], r.params["n"], r.metrics["loss"]) for r in reading.runs]
    assert found == [(x, n, x) for x, n in rows]
    assert reading.findings == ()


@given(cell=st.text(st.characters(exclude_characters="\0\r\n\"';,\t#", exclude_categories=["Cs"])))
def test_no_cell_becomes_a_number_that_it_does_not_spell(read: Read, cell: str) -> None:
    reading = read(f"id;lr;loss\nb;0.1;0.5\na;0.1;{cell}\n")
    for value in reading.runs[1].metrics.values():
        assert cell.isascii()
        assert value == float(cell)
        assert "_" not in cell
