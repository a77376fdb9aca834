import pytest
import yaml

TABLE = "time,lr,batch_size,opt,loss,NMI\n" + "".join(
    f"07-{day:02},{lr},{size},{opt},{loss},{loss / 2}\n"
    for day, (lr, size, opt, loss) in enumerate(
        [
            *((1e-4, 32, "adam", 0.9), (1e-3, 64, "sgd", 0.7), (1e-2, 128, "adam", 0.8)),
            *((3e-4, 256, "sgd", 0.6), (3e-3, 64, "adam", 0.5), (1e-1, 32, "sgd", 1.2)),
        ],
        1,
    )
)


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    monkeypatch.delenv("RECOMMEND_PROJECT", raising=False)
    folder = tmp_path / "new"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_init_starts_a_project_that_proposes_at_once(nowhere, recommend):
    answer = recommend("init")
    assert answer.out.splitlines() == [
        "configs/sweep.yaml  written",
        "configs/base.yaml  written",
        "history/.gitignore  written",
        ".gitattributes  written",
    ]
    assert "recommend next" in answer.err
    batch = recommend("next", "--n", 2, "--json").json["batch"]
    for each in batch:
        assert yaml.safe_load((nowhere / each["config"]).read_text()).items() >= (
            each["params"].items()
        )


def test_init_overwrites_nothing(nowhere, recommend):
    recommend("init")
    (nowhere / "configs/base.yaml").write_text("mine: 1\n")
    answer = recommend("init", "--json").json
    assert {file["state"] for file in answer["files"]} == {"exists already, left as it is"}
    assert (nowhere / "configs/base.yaml").read_text() == "mine: 1\n"


def test_init_in_a_named_folder(nowhere, recommend):
    recommend("-C", "deep/er", "init", "-q")
    assert (nowhere / "deep/er/configs/sweep.yaml").is_file()


def test_init_where_a_file_stands_in_the_way(nowhere, recommend):
    (nowhere / "configs").write_text("x")
    assert "cannot be written" in recommend("init", status=2).error


def test_init_from_a_table_then_import_then_next(nowhere, recommend):
    (nowhere / "runs so far.csv").write_text(TABLE)
    answer = recommend("init", "--from", "runs so far.csv", "--metric", "loss")
    assert "recommend import 'runs so far.csv'" in answer.err
    declared = yaml.safe_load((nowhere / "configs/sweep.yaml").read_text())
    assert declared["objective"]["metric"] == "loss"
    assert {"lr", "batch_size", "opt"} == set(declared["parameters"])
    imported = recommend("import", "runs so far.csv", "--json").json
    assert len(imported["added"]) == 6
    assert recommend("import", "runs so far.csv", "--json").json["added"] == []
    document = recommend("next", "--n", 2, "--json").json
    assert document["history"]["fitted"] == 6
    for each in document["batch"]:
        job = yaml.safe_load((nowhere / each["config"]).read_text())
        assert isinstance(job["lr"], float)
        assert isinstance(job["batch_size"], int)
        assert job["opt"] in ("adam", "sgd")


def test_init_from_a_table_that_cannot_be_read(nowhere, recommend):
    assert "no.csv" in recommend("init", "--from", "no.csv", status=1).error
    assert not (nowhere / "configs").exists()


def test_init_from_a_table_of_decimal_commas_says_so(nowhere, recommend):
    (nowhere / "t.csv").write_text("lr;loss\n0,1;0,7\n0,2;0,6\n")
    assert "4 cell(s), such as '0,1'" in recommend("init", "--from", "t.csv", status=1).error
    assert not (nowhere / "configs").exists()


def test_init_from_a_table_with_a_column_of_the_history_gives_a_valid_sweep(nowhere, recommend):
    (nowhere / "t.csv").write_text(TABLE.replace("batch_size", "batch"))
    assert "batch is not searched" in recommend("init", "--from", "t.csv").err
    assert len(recommend("import", "t.csv", "--json").json["added"]) == 6


def test_init_dry(nowhere, recommend):
    (nowhere / "t.csv").write_text(TABLE)
    answer = recommend("init", "--from", "t.csv", "--dry-run", "--json").json
    assert answer["dry_run"] is True
    assert {file["state"] for file in answer["files"]} == {"would be written"}
    assert list(nowhere.iterdir()) == [nowhere / "t.csv"]


def test_init_names_the_lines_that_an_own_gitattributes_lacks(nowhere, recommend):
    (nowhere / ".gitattributes").write_text("*.png binary\n")
    assert "`history/runs.csv merge=union`" in recommend("init").err
    assert (nowhere / ".gitattributes").read_text() == "*.png binary\n"
