import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.config import find_project, load_sweep
from recommender.errors import ConfigError
from recommender.jobs import read_template, render_job
from recommender.run import Direction, Objective
from recommender.scaffold import (
    default_sweep_text,
    default_template_text,
    sweep_text,
    template_text,
)
from recommender.space import Categorical, Integer, Real
from recommender.yaml_document import MAX_BYTES

ROOT = Path(__file__).parent.parent
RESERVED = ("id", "event", "status", "label", "hours", "note")

GOOD = """\
objective: {metric: loss, direction: minimize, context: [tau]}
parameters:
  lr: {type: real, low: 1e-5, high: 1.0e-1, scale: log}
  tau: {type: real, low: 0.05, high: 1}
  width:
    type: integer
    low: 16
    high: 64
  optimizer: {type: categorical, choices: [adam, sgd, 'no']}
jobs:
  template: train.yaml
  keys: {lr: optimizer.lr}
  seed: {key: seed, policy: per-run}
"""


def load(folder, text):
    path = folder / "sweep.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_sweep(path, RESERVED)


def refusal(folder, text):
    with pytest.raises(ConfigError) as caught:
        load(folder, text)
    message = str(caught.value)
    assert "\n" not in message
    return message.removeprefix(f"{folder}/")


def test_a_sweep_file_becomes_checked_objects(tmp_path):
    sweep = load(tmp_path, GOOD)
    assert sweep.objective == Objective(metric="loss", context=("tau",))
    assert list(sweep.space) == [
        Real("lr", 1e-5, 0.1, "log"),
        Real("tau", 0.05, 1.0),
        Integer("width", 16, 64),
        Categorical("optimizer", ["adam", "sgd", "no"]),
    ]
    assert sweep.jobs.template == tmp_path / "train.yaml"
    assert sweep.jobs.keys == {
        "lr": "optimizer.lr",
        "tau": "tau",
        "width": "width",
        "optimizer": "optimizer",
    }
    assert (sweep.jobs.seed.key, sweep.jobs.seed.policy) == ("seed", "per-run")


def test_what_may_be_left_out(tmp_path):
    sweep = load(
        tmp_path, "objective: {metric: NMI}\nparameters: {x: {type: real, low: 0, high: 1}}"
    )
    assert sweep.objective == Objective(metric="NMI", direction=Direction.MINIMIZE)
    assert sweep.jobs.template == tmp_path / "base.yaml"
    assert sweep.jobs.keys == {"x": "x"}
    assert sweep.jobs.seed is None
    assert load(tmp_path, GOOD[: GOOD.index("  template")]).jobs.seed is None
    assert load(tmp_path, GOOD.replace("minimize", "maximize")).objective.direction == "maximize"


def test_byte_order_mark_and_crlf_are_fine(tmp_path):
    assert load(tmp_path, ("\ufeff" + GOOD).replace("\n", "\r\n").encode()).space.names[0] == "lr"


def test_choices_keep_their_types(tmp_path):
    choices = "[1, 0.5, 1e-3, adam, 'true', 阿当]"
    space = load(tmp_path, GOOD.replace("[adam, sgd, 'no']", choices)).space
    assert repr(space["optimizer"].choices) == "(1, 0.5, 0.001, 'adam', 'true', '阿当')"
    space = load(tmp_path, GOOD.replace("[adam, sgd, 'no']", "[true, false, auto]")).space
    assert space["optimizer"].choices == (True, False, "auto")
    assert space["optimizer"].coerce("False") is False


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("objective:", "objectives:", 1, "objectives: unknown key.*did you mean 'objective'"),
        ("scale: log", "sclae: log", 3, "parameters.lr.sclae: unknown key.*did you mean 'scale'"),
        ("metric: loss, ", "", 1, "objective: the key 'metric' is missing"),
        ("type: integer\n", "scale: log\n", 5, "parameters.width: the key 'type' is missing"),
        ("    high: 64\n", "", 5, "parameters.width: the key 'high' is missing"),
        ("high: 64", "high: 8", 7, "parameters.width.low: low is 16, high is 8; low must be below"),
        ("low: 16", "low: many", 7, "parameters.width.low: .*'many'; it must be a finite number"),
        ("low: 16", "low:", 7, "parameters.width.low: the value is empty"),
        ("low: 16", "low: true", 7, "parameters.width.low: the value is True"),
        ("low: 16", "low: 16.5", 7, "parameters.width.low: low is 16.5; .* whole bounds"),
        ("low: 16", "low: 1e999", 7, "parameters.width.low: .*'1e999'"),
        ("low: 16", "low: .inf", 7, "parameters.width.low: low is inf; it must be finite"),
        (
            "low: 16",
            "low: 16\n    backfill: x",
            8,
            "parameters.width.backfill: 'x' is not a number",
        ),
        ("low: 16", "low: 16\n    backfill: [1]", 8, "list; it must be what the runs before had"),
        ("low: 16", "low: 16\n    backfill: 0.5", 8, "0.5 is not a whole number"),
        ("low: 16", "low: 017", 7, "low: YAML readers do not agree on '017'"),
        ("low: 16", "low: 1:30", 7, "low: YAML readers do not agree on '1:30'"),
        ("low: 1e-5", "low: 0", 3, "parameters.lr.low: low is 0; a log scale needs low > 0"),
        (
            "low: 0.05, high: 1",
            "low: 1, high: 0.05",
            4,
            "parameters.tau.low: low is 1, high is 0.05",
        ),
        ("scale: log", "scale: lgo", 3, "parameters.lr.scale: .*'lgo'.*did you mean 'log'"),
        ("scale: log", "scale: [log]", 3, "parameters.lr.scale: the value is a list"),
        ("type: integer", "type: intger", 6, "type: .*'intger'.*did you mean 'integer'"),
        ("minimize", "maximise", 1, "objective.direction: .*did you mean 'maximize'"),
        ("choices: [adam, sgd, 'no']", "low: 1, high: 2", 9, "type categorical has no low"),
        ("low: 16", "choices: [1, 2]", 7, "type integer has no choices; allowed: type, low"),
        ("[adam, sgd, 'no']", "[adam]", 9, "optimizer.choices: choices is .*at least two"),
        ("[adam, sgd, 'no']", "adam", 9, "optimizer.choices: .*it must be a list"),
        ("[adam, sgd, 'no']", "[adam, adam]", 9, "optimizer.choices: the choice adam stands twice"),
        ("[adam, sgd, 'no']", "[adam, no]", 9, "do not agree on 'no'; .* in quotes"),
        ("[adam, sgd, 'no']", "[true, 1]", 9, "true and false cannot stand beside numbers"),
        ("[adam, sgd, 'no']", "[adam, ~]", 9, "optimizer.choices: the value is empty"),
        ("[adam, sgd, 'no']", "[adam, .nan]", 9, "the value is nan; .* a finite number"),
        ("[adam, sgd, 'no']", "[adam, '1e-5']", 9, "'1e-5' would come back from the history"),
        ("[adam, sgd, 'no']", "[adam, ' sgd']", 9, "without control characters or blanks"),
        ("[adam, sgd, 'no']", '[adam, "a\\nb"]', 9, "without control characters or blanks"),
        ("context: [tau]", "context: [tua]", 1, "no parameter 'tua'.*did you mean 'tau'"),
        ("context: [tau]", "context: tau", 1, "objective.context: .*'tau'; it must be a list"),
        ("context: [tau]", "context: [tau, tau]", 1, "'tau' stands twice"),
        ("[tau]", "[tau, lr, width, optimizer]", 1, "objective.context: every parameter is a cont"),
        ("metric: loss", "metric: lr", 1, "objective.metric: 'lr' is also a parameter"),
        ("metric: loss", "metric: hours", 1, "'hours' is taken by a column of the history"),
        ("  tau:", "  note:", 4, "parameters.note: the name 'note' is taken"),
        ("  tau:", "  'a,b':", 4, "the name 'a,b' cannot head a column"),
        ("  tau:", "  'a ':", 4, "the name 'a ' cannot head a column"),
        ("  tau:", '  "a\\tb":', 4, "cannot head a column"),
        ("  tau:", "  '':", 4, "cannot head a column"),
        ("  tau:", "  <<:", 4, "cannot head a column"),
        ("  tau:", "  lr:", 4, "sweep.yaml:4: the key 'lr' stands twice, first in line 3"),
        ("{lr: optimizer.lr}", "{lrr: x}", 12, "jobs.keys.lrr: there is no parameter 'lrr'"),
        ("{lr: optimizer.lr}", "{lr: tau}", 12, "lr and tau both go to 'tau'"),
        ("{lr: optimizer.lr}", "{lr: [a]}", 12, "jobs.keys.lr: the value is a list"),
        ("key: seed", "key: tau", 13, "jobs.seed.key: the parameter tau goes to 'tau' already"),
        ("policy: per-run", "policy: per_run", 13, "jobs.seed.policy: .*did you mean 'per-run'"),
        ("{key: seed, policy: per-run}", "seed", 13, "jobs.seed: .*it must be a mapping"),
        ("template: train.yaml", "template: 7", 11, "jobs.template: the value is 7"),
        ("type: integer", "<<: {type: real}", 6, "unknown key '<<'"),
        ("low: 16", "low: &a 16\n    scale: *a", 8, "aliases are not allowed here"),
        ("low: 16", "low: !!python/name:os.system 1", 7, "tag .* is not allowed"),
        ("low: 16", "low: !!int x", 7, "'x' cannot be read"),
        ("low: 16", "\tlow: 16", 7, "not readable as YAML"),
        ("low: 16", "low: \x00", 7, r"the character '\\x00' is not allowed"),
        ("jobs:", "---\njobs:", 10, "but found another document"),
    ],
)
def test_each_mistake_gives_one_error_with_its_line(tmp_path, old, new, line, words):
    assert GOOD.count(old) >= 1
    message = refusal(tmp_path, GOOD.replace(old, new, 1))
    assert message.startswith(f"sweep.yaml:{line}: ")
    assert re.search(words, message), message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "sweep.yaml:1: the file is empty"),
        ("# nothing\n", "the file is empty"),
        ("- a\n", "the file is a list"),
        ("objective: {metric: x}\nparameters: {}\n", "sweep.yaml:2: parameters: .*at least one"),
        ("objective: {metric: x}\nparameters:\n", "sweep.yaml:2: parameters: .*at least one"),
        ("a: " + "[" * 5000, "nested more than 50"),
        ("? [a]\n: b\n", "a key must be a plain name"),
        ('a: "\\UFFFFFFFF"', "not readable as YAML"),
        (b"a: 1\nb: \xff\n", "sweep.yaml:2: not UTF-8"),
        (b"#" * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_unreadable_files_are_refused(tmp_path, text, words):
    assert re.search(words, refusal(tmp_path, text))


def test_a_file_that_cannot_be_opened_is_a_config_error(tmp_path):
    for path in (tmp_path / "none.yaml", tmp_path, Path("a\0b")):
        with pytest.raises(ConfigError, match="cannot be read"):
            load_sweep(path)


@settings(max_examples=80)
@given(st.data())
def test_no_text_gives_any_other_error(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("any")
    pieces = st.sampled_from(
        ["{", "}", "[", "]", "*a", "&a ", "<<", "!!int ", "\n", " ", "\t", "0"]
    )
    start = data.draw(st.integers(0, len(GOOD)))
    end = data.draw(st.integers(start, min(len(GOOD), start + 20)))
    middle = data.draw(st.lists(pieces | st.text(max_size=3), max_size=4).map("".join))
    try:
        load(folder, GOOD[:start] + middle + GOOD[end:])
    except ConfigError as error:
        assert "\n" not in str(error)


def test_find_project_walks_up(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    with pytest.raises(ConfigError, match="recommend init"):
        find_project(inner)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "sweep.yaml").touch()
    assert find_project(inner) == tmp_path
    assert find_project(tmp_path) == tmp_path


def test_the_committed_configs_load_and_render():
    sweep = load_sweep(ROOT / "configs" / "sweep.yaml", RESERVED)
    assert list(sweep.space) == [
        Real("learning_rate", 1e-5, 1e-1, "log"),
        Real("cluster_temperature", 0.3, 1.5),
        Real("instance_temperature", 0.005, 1.0, "log"),
        Real("threshold", 0.8, 0.99),
    ]
    assert sweep.objective == Objective(metric="loss", context=("instance_temperature",))
    values = dict.fromkeys(sweep.jobs.keys.values(), 0.5)
    assert render_job(read_template(sweep.jobs.template), values)


def test_a_written_sweep_file_reads_back(tmp_path):
    objective = Objective(metric="NMI %", direction=Direction.MAXIMIZE, context=("no",))
    parameters = [
        Real("no", 1e-05, 1e16, "log"),
        Integer("seed", 1, 9),
        Integer("a: b", 1, 9, "log"),
        Categorical("op", ["adam", "off", 1, 0.001, "学习", "a, b}"]),
        Categorical("flag", [True, False]),
    ]
    text = sweep_text(objective, [(each, "seen 1\nto 2") for each in parameters])
    assert text.count("  # seen 1 to 2\n") == len(parameters)
    sweep = load(tmp_path, text)
    assert (sweep.objective, list(sweep.space)) == (objective, parameters)
    assert render_job(template_text(parameters), {"no": 1.0, "seed": 2, "a: b": 3, "op": "x"})


def test_the_default_scaffold_is_valid(tmp_path):
    sweep = load(tmp_path, default_sweep_text())
    values = dict.fromkeys(sweep.jobs.keys.values(), 0.5)
    assert render_job(default_template_text(), values)


def test_importing_stays_light():
    code = (
        "import sys, recommender.config, recommender.scaffold; "
        "print({'numpy', 'pandas', 'skopt', 'typer'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
