"""`recommend report`."""

import sys

import pytest

FIGURES = ["calibration", "convergence", "effects", "importance", "maps", "parallel"]


def test_the_page_is_written_into_the_project_and_nothing_else_is_touched(sweep, recommend):
    before = sweep.tree()
    answer = recommend("report", "--json")
    page = sweep.folder / "report.html"
    assert answer.err == ""
    assert answer.json == {
        "schema": 1,
        "report": "report.html",
        "bytes": page.stat().st_size,
        "figures": [],
        "dry_run": False,
    }
    after = sweep.tree()
    assert after.pop("report.html")[1].startswith(b"<!doctype html>")
    assert after == before


def test_a_report_is_replaced_but_no_other_file_ever(sweep, recommend):
    page = sweep.write("out/page.html", "")
    assert "is no report of ours" in recommend("report", "--out", page, status=3).error
    assert page.read_bytes() == b""
    page.unlink()
    recommend("report", "--out", page)
    first = page.read_bytes()
    recommend("record", "run-0001-aaaa", "--metric", "NMI=0.5")
    recommend("report", "--out", page)
    assert page.read_bytes() != first
    assert [path.name for path in page.parent.iterdir()] == ["page.html"]


def test_a_dry_run_says_what_would_be_written_and_writes_nothing(sweep, recommend):
    before = sweep.tree()
    answer = recommend("report", "--dry-run", "--figures", "figures")
    assert answer.out.splitlines()[0] == "report.html"
    assert "dry run: nothing was written" in answer.err
    assert sweep.tree() == before


@pytest.mark.parametrize("format", [(), ("--format", "svg")])
def test_figures_for_a_paper_go_to_a_folder(sweep, recommend, format):
    suffix = format[1] if format else "png"
    answer = recommend("report", "--figures", "figures", *format)
    names = sorted(path.name for path in (sweep.folder / "figures").iterdir())
    assert names == [f"{name}.{suffix}" for name in FIGURES]
    assert sorted(answer.out.splitlines()[1:]) == [f"figures/{name}" for name in names]


def test_a_picture_of_ones_own_is_not_replaced(sweep, recommend):
    mine = sweep.write("figures/maps.png", b"mine")
    assert (
        "maps.png is no report of ours"
        in recommend("report", "--figures", "figures", status=3).error
    )
    assert mine.read_bytes() == b"mine"
    assert not (sweep.folder / "report.html").exists()


def test_without_the_libraries_for_figures_the_error_names_the_way(sweep, recommend, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    error = recommend("report", "--figures", "figures", status=2).error
    assert "pip install 'recommender[figures]'" in error
    assert not (sweep.folder / "report.html").exists()


def test_any_metric_with_data_can_be_reported(sweep, recommend):
    for number, value in enumerate((0.4, 0.5, 0.6, 0.7, 0.6, 0.5), 1):
        recommend("record", f"run-000{number}-aaaa", "--metric", f"NMI={value}")
    recommend("report", "--metric", "NMI")
    text = (sweep.folder / "report.html").read_text()
    assert "<h1><bdi>NMI</bdi></h1>" in text
    assert "Larger is better" in text
    assert "no run has a value of 'ARI'" in recommend("report", "--metric", "ARI", status=2).error


def test_a_format_without_figures_is_wrong_usage(sweep, recommend):
    assert "--format goes with --figures" in recommend("report", "--format", "pdf", status=2).error


def test_a_place_that_cannot_be_written_to_is_one_plain_error(sweep, recommend):
    sweep.write("file", "")
    assert (
        "file/report.html: cannot be"
        in recommend("report", "--out", "file/report.html", status=2).error
    )
    assert "configs: cannot be" in recommend("report", "--out", "configs", status=2).error
