from pathlib import Path

import pytest

TABLE = """\
| time  | lr     | tau | loss | NMI |
|-------|--------|-----|------|-----|
| 07-01 | 0.0002 | 0.4 | 0.8  |     |
| 07-02 | 0.002  | 0.5 | 0.6  |     |
| 07-02b| 0.002  | ~0.5| 0.6  |     |
"""
CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture
def table(sweep):
    return sweep.write("table.md", TABLE)


def test_what_came_in_and_what_was_left_out(sweep, recommend, table):
    answer = recommend("import", "table.md")
    assert answer.out == "table.md: 2 runs; 2 added, 0 known already; 1 row(s) left out\n"
    assert "table.md:5: left-out" in answer.err
    assert recommend("status", "--json").json["runs"] == 8


def test_json_has_every_run_and_finding(sweep, recommend, table):
    answer = recommend("import", "table.md", "--json")
    assert answer.err == ""
    document = answer.json
    keys = ["schema", "table", "dry_run", "added", "known", "filled", "findings"]
    assert list(document) == keys
    assert len(document["added"]) == 2
    assert document["findings"]
    for finding in document["findings"]:
        assert list(finding) == ["line", "kind", "message"]


def test_importing_again_adds_nothing(sweep, recommend, table):
    recommend("import", "table.md")
    before = sweep.tree()
    answer = recommend("import", "table.md", "-q")
    assert answer.out == "table.md: 2 runs; 0 added, 2 known already; 1 row(s) left out\n"
    assert answer.err == ""
    assert sweep.tree() == before


def test_quiet_keeps_the_findings_back(sweep, recommend, table):
    assert recommend("import", "table.md", "--quiet").err == ""


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("no.csv", None, "no.csv"),
        ("configs", None, "configs"),
        ("t.csv", "", "t.csv"),
        ("t.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00", "t.csv"),
        ("t.xlsx", b"PK\x03\x04 cut off", "t.xlsx"),
        ("t.csv", "lr,lr,tau,loss\n1,1,1,1\n", "lr"),
        ("t.csv", "a,b\n1,2\n", "lacks lr, tau"),
        ("t.csv", "lr;tau;loss\n0,1;0,5;0,7\n", "3 cell(s), such as '0,1', have a decimal comma"),
        ("t.jsonl", '{"lr": 0.1, "tau": 0.5, "lo', "t.jsonl"),
    ],
)
def test_a_table_that_cannot_be_read(sweep, recommend, name, content, said):
    if content is not None:
        sweep.write(name, content)
    before = sweep.tree()
    assert said in recommend("import", name, status=1).error
    assert sweep.tree() == before


def test_the_real_log_gives_36_runs_once(empty, recommend, sweep_log):
    for name in ("sweep.yaml", "base.yaml"):
        empty.write(f"configs/{name}", (CONFIGS / name).read_bytes())
    assert len(recommend("import", sweep_log, "--json").json["added"]) == 36
    before = empty.tree()
    again = recommend("import", sweep_log, "--json").json
    assert (len(again["known"]), again["added"], again["filled"]) == (36, [], [])
    assert empty.tree() == before
    assert recommend("status", "--json").json["completed"] == 36
