import errno
import functools
import io
import operator
import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf
from ruamel.yaml import YAML

from recommender.errors import ConfigError, JobError
from recommender.jobs import format_scalar, read_template, render_job, same_data, write_job

TEMPLATE = """\
# my training
seed: 42      # the answer
optimizer:
    lr: 3e-4  # tuned by hand
    betas: [0.9, 0.999]
    name: "adam"
empty:
a.b: 1
loss: {tau: 0.5, kind: 'x y', deep: {k: 1}}
nothing: .nan
"""


def readers(text):
    yield yaml.safe_load(text)
    yield YAML(typ="safe", pure=True).load(text)
    yield YAML(typ="rt").load(text)
    yield OmegaConf.to_container(OmegaConf.load(io.StringIO(text)))


def same_everywhere(text, key, value):
    for data in readers(text):
        found = functools.reduce(operator.getitem, key.split("."), data)
        assert found == value
        assert isinstance(found, type(value))  # a round-trip reader has subclasses of its own
        assert not isinstance(found, bool)


def test_only_the_scalars_are_replaced():
    text = render_job(
        TEMPLATE,
        {
            "optimizer.lr": 1e-05,
            "optimizer.betas.1": 0.99,
            "optimizer.name": "no",
            "empty": 7,
            "a.b": 1.0,
            "loss.tau": 0.25,
            "loss.kind": "a, b}",
            "loss.deep.k": True,
        },
        comments=["run-0001-abcd", "", "because\nof: \u2028 this\x07"],
    )
    assert text == (
        "# run-0001-abcd\n#\n# because of:   this\n"
        + TEMPLATE.replace("3e-4", "1.0e-05")
        .replace("0.999", "0.99")
        .replace('"adam"', '"no"')
        .replace("empty:", "empty: 7")
        .replace("a.b: 1", "a.b: 1.0")
        .replace("0.5", "0.25")
        .replace("'x y'", '"a, b}"')
        .replace("k: 1", "k: true")
    )


def test_a_job_without_changes_is_the_template():
    assert render_job(TEMPLATE, {}) == TEMPLATE


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("head", ["", "%YAML 1.1\r\n---\r\n", "--- # doc\r\n"])
def test_layout_survives(mark, head):
    template = f"{mark}{head}a:\r\n  - x:   1   # one\r\n    y: [ ]\r\n\r\nz: é 學 😀\r\n...\r\n"
    text = render_job(template, {"a.0.x": 2}, comments=["c"])
    assert text == f"{mark}# c\r\n" + template.removeprefix(mark).replace("1   #", "2   #")
    assert yaml.safe_load(text) == {"a": [{"x": 2, "y": []}], "z": "é 學 😀"}


def test_a_literal_dot_in_a_key_wins():
    text = render_job("a: {b: 1}\na.b: 2\nc.d: {e: 1}\n", {"a.b": 5, "c.d.e": 6})
    assert text == "a: {b: 1}\na.b: 5\nc.d: {e: 6}\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1e-05, "1.0e-05"),
        (1.5e-07, "1.5e-07"),
        (1e16, "1.0e+16"),
        (1.0, "1.0"),
        (0.0003, "0.0003"),
        (-0.0, "-0.0"),
        (float("nan"), ".nan"),
        (float("-inf"), "-.inf"),
        (3, "3"),
        (True, "true"),
        ("adam", "adam"),
        ("save/x-1.pt", "save/x-1.pt"),
        ("True", '"True"'),
        ("1e-5", '"1e-5"'),
        ("学习", '"学习"'),
        (np.float64(1e-5), "1.0e-05"),
        (np.float32(0.5), "0.5"),
        (np.int64(3), "3"),
        (np.bool_(True), "true"),
        (np.str_("no"), '"no"'),
    ],
)
def test_scalars_have_one_meaning(value, text):
    assert format_scalar(value) == text


def test_values_that_are_no_scalars_are_refused():
    for value in (None, [1], {"a": 1}, 1j):
        with pytest.raises(JobError, match="cannot stand in a job file"):
            render_job("a: 1\n", {"a": value})


WORDS = """
no y N on OFF true null ~ 1e-5 1e5 1.0e5 017 0o17 0x1 0b1 1:30 1_000 .inf NaN - -- --- ... ? : #
a:b a#b {a} [a] *a &a !a |x > % @ ` ' " , = << 2026-01-01 12:30:45 +1 .5 5. None
"""
BLANKS = ["", " a", "a ", "a: b", "a #b", "a\nb", "\ta", "a\\", "\x85"]


@pytest.mark.parametrize("word", [*WORDS.split(), *BLANKS])
@pytest.mark.parametrize("template", ["a: {b: 1}\n", "a:\n  b: 'x'\n", "a:\n  b:\n"])
def test_texts_stay_texts(word, template):
    same_everywhere(render_job(template, {"a.b": word}), "a.b", word)


@settings(max_examples=60)
@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**20), 10**20))
def test_any_number_survives_every_reader(value):
    same_everywhere(render_job("a: {b: 1}\n", {"a.b": value}), "a.b", value)


@settings(max_examples=60)
@given(st.text().filter(lambda text: "${" not in text and text != "???"))
def test_any_text_survives_every_reader(value):
    same_everywhere(render_job("a: {b: 1}\n", {"a.b": value}), "a.b", value)


@pytest.mark.parametrize(
    ("template", "key", "words"),
    [
        ("", "a", "t.yaml:1: the file is empty"),
        ("- a\n", "a", "t.yaml:1: the file is a list"),
        ("x\n", "a", "t.yaml:1: the file is a single value"),
        ("a: 1\n---\nb: 1\n", "a", "t.yaml:2: .*another document"),
        ("a: 1\na: 2\n", "a", "t.yaml:2: .*'a' stands twice, first in line 1"),
        ("a: [\n", "a", "t.yaml:2: not readable"),
        ("<<: 1\na: 1\n", "a", "t.yaml:1: .*`<<` can only merge mappings"),
        ("b: <<\na: 1\n", "a", "t.yaml:1: .*merge' is not allowed"),
        ("b: !!set {x}\na: 1\n", "a", "t.yaml:1: .*set' is not allowed"),
        ("b: 2026-99-99\na: 1\n", "a", "t.yaml:1: .*'2026-99-99' cannot be read"),
        ("a: !env X\n", "a", "t.yaml:1: .*tag '!env' is not allowed"),
        ("x: 1\nopt:\n  lr: 1\n", "opt.lrr", "t.yaml:3: .*did you mean 'opt.lr'"),
        ("x: 1\nopt:\n  lr: 1\n", "lr", "t.yaml:1: .*jobs.keys.*did you mean 'opt.lr'"),
        ("a: {b: 1}\n", "a", "t.yaml:1: a: is a mapping; name one value in it, like 'a.b'"),
        ("a: [1]\n", "a", "t.yaml:1: a: is a list; name one value in it, like 'a.0'"),
        ("a: |\n  x\n", "a", "t.yaml:1: a: is a text block"),
        ("b: &x 1\na: *x\n", "a", "t.yaml:1: a: the alias in line 2 shares a"),
        ("b: &x 1\na: *x\n", "b", "t.yaml:1: b: the alias in line 2 shares b"),
        ("b: &x {c: 1}\na: *x\n", "b.c", "b.c: the alias in line 2 shares b"),
        ("b: &x {c: 1}\na: *x\n", "a.c", "a.c: the alias in line 2 shares a"),
        ("b: &x {c: 1}\na: {<<: *x, d: 1}\n", "b.c", "b.c: the alias in line 2 shares b"),
        ("b: &x {c: 1}\na: {<<: *x, d: 1}\n", "a.c", "no key 'a.c'; what `<<` merges in"),
        ("<<: {c: 1}\nd: 1\n", "c", "no key 'c'; what `<<` merges in"),
        ("{a, b: 1}\n", "a", "t.yaml:1: a: has no value to replace"),
        ("? a\n? b\n", "a", "a: has no value to replace"),
    ],
)
def test_targets_that_cannot_be_replaced(template, key, words):
    with pytest.raises(ConfigError) as caught:
        render_job(template, {key: 5}, source="t.yaml")
    assert re.search(words, str(caught.value)), caught.value


def test_aliases_elsewhere_are_fine():
    template = "b: &x {c: 1}\na: {<<: *x, d: &unused 1}\ne: *x\nf: !!float 1\n"
    text = render_job(template, {"a.d": 5, "f": 0.5})
    assert yaml.safe_load(text) == {"b": {"c": 1}, "a": {"c": 1, "d": 5}, "e": {"c": 1}, "f": 0.5}


def test_an_alias_bomb_is_harmless():
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    template = "\n".join([*lines, "loop: &l [*l]", "lr: 1\n"])
    assert render_job(template, {"lr": 2}) == template.replace("lr: 1", "lr: 2")


def test_a_result_that_reads_differently_is_refused():
    with pytest.raises(JobError, match="does not read back as meant"):
        render_job("a: 'x'#c\n", {"a": 5})


@settings(max_examples=300)
@given(st.data())
def test_any_template_renders_or_is_refused(data):
    pieces = st.sampled_from(
        ["{", "}", "[", "]", "*a", "&a ", "<<: ", "!!set ", "\n", " ", "? ", "'"]
    )
    start = data.draw(st.integers(0, len(TEMPLATE)))
    end = data.draw(st.integers(start, min(len(TEMPLATE), start + 12)))
    middle = data.draw(st.lists(pieces | st.text(max_size=3), max_size=4).map("".join))
    template = TEMPLATE[:start] + middle + TEMPLATE[end:]
    key = data.draw(st.sampled_from(["seed", "optimizer.lr", "empty", "loss.kind", "a.b"]))
    value = data.draw(st.floats() | st.text(max_size=5) | st.integers() | st.booleans())
    try:
        text = render_job(template, {key: value}, comments=["c"])
    except (ConfigError, JobError) as error:
        assert "\n" not in str(error)
        return
    before, after = yaml.safe_load(template), yaml.safe_load(text)
    owner, name = after, key
    while name not in owner:
        part, _, name = name.partition(".")
        owner, before = owner[part], before[part]
    assert repr(owner.pop(name)) == repr(value)
    before.pop(name)
    assert repr(owner) == repr(before)


def test_write_job_never_overwrites(tmp_path):
    path = tmp_path / "jobs" / "run.yaml"
    write_job(path, "a: é\r\n")
    assert path.read_bytes() == "a: é\r\n".encode()
    with pytest.raises(JobError, match="it exists, and a job is never overwritten"):
        write_job(path, "a: 2\n")
    assert path.read_bytes() == "a: é\r\n".encode()


def test_write_job_reports_why_it_failed(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(JobError, match="cannot be written"):
        write_job(tmp_path / "file" / "run.yaml", "a: 1\n")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(JobError, match="No space left"):
        write_job(tmp_path / "run.yaml", "a: 1\n")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_job_has_no_name_before_it_is_whole(tmp_path, monkeypatch):
    path = tmp_path / "run.yaml"
    monkeypatch.setattr("os.fsync", lambda _descriptor: seen.append(path.exists()))
    seen = []
    write_job(path, "a: 1\n")
    assert seen == [False]
    assert list(tmp_path.iterdir()) == [path]


def test_write_job_where_there_are_no_hard_links(tmp_path, monkeypatch):
    def unsupported(_self, _target):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("pathlib.Path.hardlink_to", unsupported)
    path = tmp_path / "run.yaml"
    write_job(path, "a: 1\n")
    with pytest.raises(JobError, match="never overwritten"):
        write_job(path, "a: 2\n")
    assert path.read_text() == "a: 1\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("# a\na:  1 # b\nb: [.nan]\n", True),
        ("a: 1.0\nb: [.nan]\n", False),
        ("a: 1\n", False),
        ("", False),
        ("a: [", False),
    ],
)
def test_two_jobs_are_the_same_by_their_data(text, same):
    assert same_data("a: 1\nb: [.nan]\n", text) is same


def test_a_missing_template_is_a_config_error(tmp_path):
    with pytest.raises(ConfigError, match=r"cannot be read .*jobs\.template"):
        read_template(Path(tmp_path, "base.yaml"))
