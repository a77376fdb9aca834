from dataclasses import replace

import pytest

from recommender.campaign.job_files import job_text, predicted, template_values
from recommender.errors import ConfigError
from recommender.run import Proposal

PROPOSAL = Proposal(
    id="run-0012-abcd",
    batch=3,
    proposed_at="2026-07-01T00:00:00Z",
    params={"lr": 0.002, "tau": 0.5},
    metric="loss",
    role="explore",
    reason="a\nreason",
)


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("lr: 3e-4\ntau: 0.5\n", {"lr": 0.0003, "tau": 0.5}),
        ("lr: 0.0003\ntau: 1\n", {"lr": 0.0003, "tau": 1.0}),
        ("lr: 7.0\ntau: 0.5\n", None),  # out of bounds
        ("lr: 0.001\n", None),
        ("lr: 0.001\ntau:\n", None),
        ("lr: 0.001\ntau: [0.5]\n", None),
        ("lr: fast\ntau: 0.5\n", None),
    ],
)
def test_the_templates_own_values(empty, template, values):
    assert template_values(empty.open(), template) == values


def test_the_templates_own_values_at_other_keys(empty):
    path = empty.folder / "configs/sweep.yaml"
    path.write_text(path.read_text() + "jobs: {keys: {lr: opt.lr, tau: losses.1.t}}\n")
    text = "opt: {lr: 0.01}\nlosses:\n- {t: 0.9}\n- {t: 0.2}\n"
    assert template_values(empty.open(), text) == {"lr": 0.01, "tau": 0.2}


def test_the_time_of_a_proposal_leaves_no_trace_in_its_job(empty):
    later = replace(PROPOSAL, proposed_at="2026-07-02T00:00:00Z")
    texts = {job_text(empty.open(), "lr: 1\ntau: 1\n", each) for each in (PROPOSAL, later)}
    assert len(texts) == 1


def test_a_template_is_named_from_the_project_on(empty, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"^configs/base\.yaml:1: there is no key 'lr'"):
        job_text(empty.open(), "tau: 1\n", PROPOSAL)


def test_a_reason_stays_in_its_comment(empty):
    text = job_text(empty.open(), "lr: 1\ntau: 1\n", PROPOSAL)
    assert text.endswith("# explore: a reason\nlr: 0.002\ntau: 0.5\n")


def test_a_template_without_a_place_for_a_parameter_is_an_error(empty):
    with pytest.raises(ConfigError, match="there is no key 'tau'"):
        job_text(empty.open(), "lr: 1\n", PROPOSAL)


def test_no_prediction_is_said_in_words():
    assert predicted(PROPOSAL) == "none, there is no model yet"
