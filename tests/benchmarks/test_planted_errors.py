from dataclasses import replace

import numpy as np
import pytest

from benchmarks import histories, planted_errors
from benchmarks.histories import DESIGNS, ERRORS, RESULT
from benchmarks.planted_errors import CLEAN, Key, Row

DEVELOPMENT = 80_000  # seeds from here on are not those of the committed results


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("error", ERRORS)
def test_one_row_is_changed_in_the_cells_that_are_named(design, error):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        clean = histories.make(design, rng)
        planted = histories.plant(clean, error, rng)
        assert 30 <= len(clean.runs) == len(clean.values) <= 60
        assert min(clean.values) > 0
        for row, (params, value) in enumerate(zip(clean.runs, clean.values, strict=True)):
            now = {**planted.log.runs[row], RESULT: planted.log.values[row]}
            changed = {name for name, was in {**params, RESULT: value}.items() if was != now[name]}
            assert changed == (planted.cells if row == planted.row else set())
            assert clean.space.coerce(planted.log.runs[row]) == planted.log.runs[row]
        assert len(planted.cells) == 1 + (error == "two cells swapped")


def test_a_design_changes_one_parameter_at_a_time():
    log = histories.make(DESIGNS[0], np.random.default_rng(1))
    steps = [
        min(sum(a[name] != b[name] for name in a) for b in log.runs[:index])
        for index, a in enumerate(log.runs)
        if index
    ]
    assert np.mean(np.array(steps) <= 1) > 0.9


def test_most_errors_are_found_and_named_and_sound_logs_pass():
    keys = planted_errors.keys(2, DEVELOPMENT)
    rows = [planted_errors.examine(key) for key in keys]
    moved = [row for row in rows if row.error != CLEAN and row.moved >= planted_errors.MOVED]
    shown = [row for row in moved if row.told]
    assert len(shown) >= 8
    assert sum(row.found for row in shown) >= len(shown) - 1
    assert sum(row.named for row in shown) >= len(shown) - 2
    assert not any(row.wrong for row in rows)


def test_the_same_log_is_searched_alike():
    key = Key(DEVELOPMENT, DESIGNS[0], ERRORS[0])
    once, again = planted_errors.examine(key), planted_errors.examine(key)
    assert replace(once, seconds=0.0) == replace(again, seconds=0.0)


ROW = Row(0, DESIGNS[0], ERRORS[0], 40, 4, 9.0, 1, 1, 0, 1, 1, 1, 1, 0.25)


def test_the_report_counts_what_matters():
    rows = [
        ROW,
        replace(ROW, seed=1, moved=2.0, found=0, named=0),
        replace(ROW, seed=2, named=0, wrong=1),
        replace(ROW, seed=3, found=0, named=0, told=0),
        replace(ROW, error=CLEAN, wrong=2),
        replace(ROW, error=CLEAN, seed=1),
    ]
    text = planted_errors.report(rows)
    assert (
        "| result decimal | one at a time | 4 | 3 | 0 | 1 | 2 (66.7%) | 1 (33.3%) | 100.0% | 1 |"
        in text
    )
    assert "False alarms: 1 of 2 logs without an error (50.0%)" in text
    assert planted_errors.report([]) == "No results yet."
