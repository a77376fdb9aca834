"""The new user's walk: four proposals, results for two of them, four others."""

import csv

import yaml


def proposals(sweep):
    return list(csv.DictReader(sweep.ledger("proposals").splitlines()))


def test_the_whole_loop(sweep, recommend):
    first = recommend("next", "--n", 4, "--json").json["batch"]
    assert len(proposals(sweep)) == 4
    for each in first:
        job = yaml.safe_load((sweep.folder / each["config"]).read_text())
        assert list(job) == ["name", "epochs", "optimizer", "lr", "tau"]
        assert {"name": "toy", "epochs": 10, "optimizer": {"momentum": 0.9}}.items() <= job.items()
        assert isinstance(job["lr"], float)
        assert isinstance(job["tau"], float)
        assert {"lr": job["lr"], "tau": job["tau"]} == each["params"]

    for each, loss in zip(first, (0.5, 0.6), strict=False):
        recommend("record", each["id"], "--metric", f"loss={loss}")
    second = recommend("next", "--n", 4, "--json").json
    assert second["history"]["runs"] == 8
    assert second["history"]["fitted"] == 8
    assert second["history"]["pending"] == [each["id"] for each in first[2:]]
    ids = [each["id"] for each in (*first, *second["batch"])]
    params = [tuple(each["params"].items()) for each in (*first, *second["batch"])]
    assert len(set(ids)) == len(set(params)) == 8
    assert [row["id"] for row in proposals(sweep)] == ids

    status = recommend("status", "--json").json
    assert status["runs"] == status["completed"] == 8
    assert status["pending"] == ids[2:]
    assert status["best_observed"]["id"] == first[0]["id"]
    best = recommend("best", "--json").json["best"]
    assert set(best["params"]) == {"lr", "tau"}


def test_a_job_says_who_proposed_it_and_why(sweep, recommend):
    each = recommend("next", "--n", 1, "--json").json["batch"][0]
    text = (sweep.folder / each["config"]).read_text()
    head = [line for line in text.splitlines() if line.startswith("#")]
    assert each["id"] in head[0]
    assert "batch 1" in head[0]
    assert "prediction: loss" in head[1]
    assert each["reason"] in head[2]
    assert "name: toy     # what it is called" in text


def test_ids_go_on_after_a_drop(sweep, recommend):
    first = recommend("next", "--n", 2, "--json").json["batch"]
    recommend("drop", "--batch", 1)
    second = recommend("next", "--n", 2, "--json").json
    assert second["history"]["pending"] == []
    numbers = [int(each["id"].split("-")[1]) for each in (*first, *second["batch"])]
    assert numbers == [7, 8, 9, 10]


def test_a_space_is_filled_from_nothing_and_the_first_job_is_the_template(empty, recommend):
    answer = recommend("next", "--n", 3, "--json").json
    assert answer["batch"][0]["params"] == {"lr": 0.0003, "tau": 0.5}
    assert [warning["code"] for warning in answer["warnings"]] == ["few-runs"]
    for each in answer["batch"]:
        assert each["predicted"] == {"mean": None, "sd": None}
        assert each["expected_improvement"] is None
        assert each["probability_of_improvement"] is None
