"""Inputs that nobody meant: each is read or refused in words, and no number changes silently."""

from __future__ import annotations

import csv
import io
import json
import random
import re
import signal
import unicodedata
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from recommender.campaign.result import read_result
from recommender.config import load_sweep
from recommender.errors import RecommenderError
from recommender.jobs import read_template, render_job
from recommender.number import format_value, parse_number
from recommender.records import RESERVED, FileRecords
from recommender.space import Categorical
from recommender.tables import read_runs
from tests.conftest import COLUMNS, RUNS, SWEEP, SWEEP_LOG, TEMPLATE
from tests.reliability.measured import Measured
from tests.reliability.mutations import (
    TOKENS,
    mutated,
    mutated_workbook,
    numbers_in,
    numbers_in_workbook,
)

LONGEST = 20  # seconds for one input
MARKDOWN = """\
# 第一 log

| run | lr | tau | **loss** | NMI | hours | note |
| :-- | --: | --- | ---- | --- | --- | --- |
| 06-07 08:18 | 0.0005 | 0.8 | 0.48 | 0.61 | 3.5 | good |
| b | 1.5e-3 | 0.03 | `10.52` | | 3.25 | a \\| b |
| 6月11日 | 0.01 | 0.05 | **0.77** | 0.5 | | |

Then a summary:

| lr | best |
| -- | ---- |
| 0.0005 | 0.74~0.76 |
"""
CSV = 'id,lr,tau,loss,NMI,note\na,0.1,0.8,0.5,0.61,"b, ""c"""\nd,2.5e-4,0.03,1.25,,é\n'
JSON_LINES = '{"lr": 0.1, "tau": 0.5, "loss": 0.48}\n{"lr": 1.5e-3, "tau": 1, "note": "é"}\n'
PROPOSALS = (
    "id,batch,proposed_at,lr,tau,predicted_metric,predicted_mean,predicted_sd,expected_improvement,"
    "probability_of_improvement,role,reason,engine_seed,history_digest,proposed_by\n"
    'run-0007-aaaa,1,2026-07-01T00:00:00Z,0.0015,0.9,loss,0.5,0.03,0.01,0.3,explore,"far, cheap",'
    "0,0123456789ab,recommender 0.1.0\n"
)
SWEEPS = (
    SWEEP,
    SWEEP + "jobs:\n  template: base.yaml\n  keys: {lr: optimizer.lr}\n"
    "  seed: {key: seed, policy: per-run}\n",
    "objective:\n  metric: NMI\n  direction: maximize\n  context: [tau]\nparameters:\n"
    "  lr: {type: real, low: 1e-5, high: 0.1, scale: log}\n"
    "  tau: {type: integer, low: 1, high: 9}\n"
    "  kind: {type: categorical, choices: [a, 'b c', 3, true]}\njobs: {template: base.yaml}\n",
)
TEMPLATES = (
    TEMPLATE,
    "a: &one {lr: 0.1, x: [1, 2]}\nb:\n  <<: *one\nlr: 1e-3 # keep\ntau:\n  0.5\n",
    "lr: '0.1'\ntau: !!float 0.5\nnested:\n  - lr: 3\n  - |\n    text: 5\n",
)


@contextmanager
def in_words() -> Iterator[None]:
    """Fail on a warning and on an endless loop; a refusal passes through."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        signal.alarm(LONGEST)
        try:
            yield
        finally:
            signal.alarm(0)


def spelled(values: Mapping[str, object]) -> set[float]:
    return {float(v) for v in values.values() if isinstance(v, int | float)}


def fuzz(
    samples: Iterable[bytes],
    count: int,
    read: Callable[[bytes], set[float] | None],
    change: Callable[[bytes, random.Random], bytes] = mutated,
    spelled_in: Callable[[bytes], set[float]] = numbers_in,
) -> Counter[str]:
    """Give mutated samples to `read`, which returns the numbers that it found in one."""
    given = [*samples]
    outcomes: Counter[str] = Counter()
    for seed in range(count):
        draw = random.Random(seed)
        data = change(draw.choice(given), draw)
        try:
            with in_words():
                found = read(data)
        except RecommenderError as error:
            assert str(error)
            outcomes["refused"] += 1
        except BaseException:
            print(f"seed {seed}: {data!r}")
            raise
        else:
            if found is not None:
                assert found <= spelled_in(data), f"seed {seed}: {found} of {data!r}"
            outcomes["read"] += 1
    assert min(outcomes["read"], outcomes["refused"]) > count / 50
    return outcomes


def told(measured: Measured, what: str, outcomes: Counter[str]) -> None:
    measured.add(f"fuzzed: {what}", inputs=outcomes.total(), **outcomes, tracebacks=0)


@pytest.mark.parametrize("suffix", [".md", ".csv", ".tsv", ".jsonl"])
def test_a_table(suffix: str, tmp_path: Path, long: bool, measured: Measured) -> None:
    samples = {
        ".md": [MARKDOWN] + ([SWEEP_LOG.read_text()] if SWEEP_LOG.exists() else []),
        ".csv": [CSV, RUNS and f"{COLUMNS}\n{RUNS}", CSV.replace(",", ";")],
        ".tsv": [CSV.replace(",", "\t")],
        ".jsonl": [JSON_LINES],
    }[suffix]
    read = reads_table(tmp_path / f"table{suffix}")
    count = 12_000 if long else 250
    told(measured, suffix, fuzz([sample.encode() for sample in samples], count, read))


def reads_table(path: Path) -> Callable[[bytes], set[float]]:
    log = ("learning_rate", "cluster_temperature", "instance_temperature", "threshold")

    def read(data: bytes) -> set[float]:
        path.write_bytes(data)
        reading = read_runs(path, log if b"learning_rate" in data else ("lr", "tau"))
        runs = [spelled(run.params) | spelled(run.metrics) for run in reading.runs]
        return set().union(*runs)

    return read


def test_a_workbook(tmp_path: Path, long: bool, measured: Measured) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in csv.reader(io.StringIO(CSV)):
        book.active.append([number if (number := parse_number(c)) is not None else c for c in row])
    file = io.BytesIO()
    book.save(file)
    samples, read = [file.getvalue()], reads_table(tmp_path / "table.xlsx")
    outcomes = fuzz(samples, 2_000 if long else 50, read, mutated_workbook, numbers_in_workbook)
    told(measured, ".xlsx", outcomes)


def test_a_result_file(tmp_path: Path, long: bool, measured: Measured) -> None:
    path = tmp_path / "result.json"
    samples = [
        b'{"loss": 0.47, "NMI": 6.1e-1, "ARI": -0.03, "hours": 3.5}',
        b'{"metrics": {"loss": 0.47, "ACC": 1}, "id": "run-0001-aaaa", "status": "completed",'
        b' "note": "lr 0.1", "hours": 2}',
    ]

    def read(data: bytes) -> set[float]:
        path.write_bytes(data)
        result = read_result(path)
        return spelled({**result.metrics, "hours": result.hours})

    told(measured, "result file", fuzz(samples, 6_000 if long else 250, read))


@pytest.mark.parametrize("name", ["runs.csv", "proposals.csv"])
def test_a_ledger(name: str, tmp_path: Path, long: bool, measured: Measured) -> None:
    records = FileRecords(tmp_path, ("lr", "tau"))
    (tmp_path / "runs.csv").write_text(f"{COLUMNS}\n{RUNS}")
    (tmp_path / "proposals.csv").write_text(PROPOSALS)
    sample = (tmp_path / name).read_bytes()
    other = next(p for p in tmp_path.glob("*.csv") if p.name != name)
    beside = numbers_in(other.read_bytes())

    def read(data: bytes) -> set[float]:
        (tmp_path / name).write_bytes(data)
        runs = [*records.read().history.runs]
        found = [spelled(run.params) | spelled(run.metrics) for run in runs]
        return set().union(*found) - beside

    told(measured, name, fuzz([sample], 12_000 if long else 250, read))


def test_a_sweep_file(tmp_path: Path, long: bool, measured: Measured) -> None:
    path = tmp_path / "sweep.yaml"
    (tmp_path / "base.yaml").write_text(TEMPLATE)

    def read(data: bytes) -> set[float] | None:
        path.write_bytes(data)
        config = load_sweep(path, RESERVED)
        numeric = [p for p in config.space if not isinstance(p, Categorical)]
        bounds = {float(end) for p in numeric for end in (p.low, p.high)}
        # Every scalar as the text that it is: where readers of YAML differ, it was refused.
        document = yaml.load(data.decode("utf-8-sig"), yaml.BaseLoader)["parameters"]
        assert bounds == {float(document[p.name][end]) for p in numeric for end in ("low", "high")}
        return None

    told(measured, "sweep file", fuzz([s.encode() for s in SWEEPS], 16_000 if long else 250, read))


def test_a_template(tmp_path: Path, long: bool, measured: Measured) -> None:
    path = tmp_path / "base.yaml"
    values = {"lr": 0.00012, "tau": 7}

    def read(data: bytes) -> None:
        path.write_bytes(data)
        template = read_template(path)
        job = yaml.safe_load(render_job(template, values, comments=["why: 'x'\n- y"]))
        assert repr(job) == repr({**yaml.safe_load(template), **values})

    outcomes = fuzz([t.encode() for t in TEMPLATES], 16_000 if long else 250, read)
    told(measured, "job template", outcomes)


def test_every_hostile_text_in_every_cell_of_a_table(
    tmp_path: Path, long: bool, measured: Measured
) -> None:
    """Texts stay texts, and the numbers beside them are read as Python's own readers read them."""
    inputs = 0
    texts = [token for token in TOKENS if token.strip() and "\x00" not in token]
    for seed in range(40 if long else 1):
        draw = random.Random(seed)
        for text in texts:
            rows = [
                {"label": f"{number}{text}", "lr": draw.random(), "tau": 10 ** draw.uniform(-9, 9),
                 "loss": draw.uniform(-5, 5), "note": text}
                for number in range(3)
            ]  # fmt: skip
            for suffix, write in (("csv", as_csv), ("jsonl", as_json_lines)):
                path = tmp_path / f"table.{suffix}"
                path.write_bytes(write(rows).encode())
                with in_words():
                    runs = read_runs(path, ("lr", "tau")).runs
                assert [{**run.params, **run.metrics} for run in runs] == [
                    {name: row[name] for name in ("lr", "tau", "loss")} for row in rows
                ], text
                inputs += 1
    measured.add("hostile texts beside numbers", tables=inputs, changed=0)


@pytest.mark.parametrize("column", ["lr", "loss"])
def test_a_hostile_text_in_the_place_of_a_number_is_none(
    tmp_path: Path, measured: Measured, column: str
) -> None:
    """It is read as the number that it strictly spells, or not at all; the other rows stay."""
    texts = [token for token in TOKENS if token.strip() and "\x00" not in token]
    inputs = 0
    for text in texts:
        rows: list[dict[str, object]] = [
            {"label": f"row {number}", "lr": 0.25, "tau": 0.5, "loss": 1.5 + number}
            for number in range(3)
        ]
        rows[1][column] = text
        plain = unicodedata.normalize("NFKC", text).strip()
        for suffix, write in (("csv", as_csv), ("jsonl", as_json_lines)):
            path = tmp_path / f"table.{suffix}"
            path.write_bytes(write(rows).encode())
            with in_words():
                runs = {run.label: run for run in read_runs(path, ("lr", "tau")).runs}
            for number in (0, 2):
                run = runs[f"row {number}"]
                assert (run.params, run.metrics) == (
                    {"lr": 0.25, "tau": 0.5},
                    {"loss": 1.5 + number},
                )
            read = {**runs["row 1"].params, **runs["row 1"].metrics} if "row 1" in runs else {}
            if column in read:
                assert re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", plain, re.ASCII)
                assert (read[column], text) == (float(plain), text)
            inputs += 1
    measured.add(f"hostile texts for a number: {column}", tables=inputs, guessed=0)


def as_csv(rows: list[dict[str, object]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0].keys())
    writer.writeheader()
    writer.writerows({k: format_value(v) for k, v in row.items()} for row in rows)  # type: ignore[arg-type]
    return text.getvalue()


def as_json_lines(rows: list[dict[str, object]]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)
