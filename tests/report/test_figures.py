"""What the figures show, as data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.campaign.viewing import view
from recommender.insight.effects import effects
from recommender.report.calibration import LEVELS, calibration, held
from recommender.report.convergence import convergence
from recommender.report.effects import importance, main_effects
from recommender.report.figure import Band, Bars, Line, Points, Surface, thinned
from recommender.report.maps import maps
from recommender.report.parallel import parallel, ranks
from tests.report.conftest import hostile, plan, within_context, without_runs


def seen(sweep, make):
    make(sweep)
    return view(sweep.open())


def marks(panel, kind, role=None):
    return [m for m in panel.marks if isinstance(m, kind) and role in (None, getattr(m, "role", 0))]


def test_without_runs_there_is_nothing_to_draw(empty):
    looked = seen(empty, without_runs)
    assert convergence(looked) is None
    assert parallel(looked) is None
    assert calibration(looked) is None
    assert main_effects(looked, effects(looked)) is None
    assert importance(effects(looked)) is None
    assert maps(looked, {"lr": 0.001, "tau": 0.5}) is None


def test_the_best_so_far_never_gets_worse_and_ends_at_the_best(empty):
    looked = seen(empty, plan)
    [panel] = convergence(looked).panels
    [line] = marks(panel, Line)
    assert (np.diff(line.y) <= 0).all()
    assert line.y[-1] == 0.55
    [points] = marks(panel, Points, "run")
    assert list(points.y) == list(looked.belief.values)


def test_a_prediction_stands_at_its_run_with_its_interval(empty):
    [panel] = convergence(seen(empty, plan)).panels
    [predicted] = marks(panel, Points, "proposal")
    assert predicted.runs == ("run-0007-aaaa",)
    assert list(predicted.x) == [7.0]
    assert list(predicted.y) == [0.5]
    assert predicted.low == pytest.approx([0.5 - 1.96 * 0.05])
    assert predicted.high == pytest.approx([0.5 + 1.96 * 0.05])


def test_nothing_is_compared_across_contexts(empty):
    looked = seen(empty, within_context)
    first, second = convergence(looked).panels  # 0.5 has one run, which nothing follows
    assert [panel.title for panel in (first, second)] == ["tau 0.2", "tau 0.9"]
    assert marks(first, Points)[0].runs == ("a-0", "a-1", "a-2", "a-3")
    assert marks(second, Line)[0].y == pytest.approx([2.0, 2.0, 2.0, 2.0])
    assert [each.title for each in main_effects(looked, effects(looked)).panels] == ["lr"]
    assert maps(looked, {"lr": 0.001, "tau": 0.2}) is None  # tau is no axis, so one is left
    standing = dict(zip([run.id for run in looked.measured], ranks(looked), strict=True))
    assert [standing[f"a-{i}"] for i in range(4)] == pytest.approx([1.0, 2 / 3, 1 / 3, 0.0])
    assert [standing[f"b-{i}"] for i in range(4)] == pytest.approx([0.0, 1 / 3, 2 / 3, 1.0])
    assert np.isnan(standing["c-0"])
    drawn = {id for line in marks(parallel(looked).panels[0], Line) for id in line.runs}
    assert drawn == {run.id for run in looked.measured} - {"c-0"}


def test_a_map_is_what_is_believed_at_its_places(empty):
    looked = seen(empty, plan)
    figure = maps(looked, {"lr": 0.01, "tau": 0.5})
    of_mean, of_sd = (marks(panel, Surface)[0] for panel in figure.panels)
    assert of_mean.z.shape == (len(of_mean.y), len(of_mean.x))
    row, column = 3, 40
    place = {"lr": of_mean.x[column], "tau": of_mean.y[row]}
    mean, sd = looked.belief.at(looked.belief.encoding.encode([place]))
    assert of_mean.z[row, column] == pytest.approx(mean[0])
    assert of_sd.z[row, column] == pytest.approx(sd[0])
    assert (of_mean.x.min(), of_mean.x.max()) == (1e-5, 1e-1)
    assert marks(figure.panels[0], Points, "seen")[0].x == pytest.approx(
        [0.0001, 0.001, 0.01, 0.05, 0.003, 0.00002]
    )
    assert marks(figure.panels[1], Points, "planned")[0].runs == ("run-0007-aaaa", "run-0008-aaaa")


def test_choices_stand_at_places_of_their_own(empty):
    looked = seen(empty, hostile)
    kind = looked.space["--ink"]
    figure = maps(looked, looked.measured[0].params)
    surface = marks(figure.panels[0], Surface)[0]
    assert not surface.smooth
    assert len(kind.choices) in surface.z.shape
    axes = [figure.panels[0].x, figure.panels[0].y]
    [axis] = [axis for axis in axes if axis.ticks]
    assert [label for _, label in axis.ticks] == list(kind.choices)


def test_effects_share_one_scale_and_the_band_holds_the_curve(empty):
    looked = seen(empty, plan)
    figure = main_effects(looked, effects(looked))
    assert {panel.title for panel in figure.panels} == {"lr", "tau"}
    assert len({panel.y.ends for panel in figure.panels}) == 1
    for panel in figure.panels:
        [band], [line] = marks(panel, Band), marks(panel, Line)
        assert (band.low <= line.y).all()
        assert (line.y <= band.high).all()
        assert len(marks(panel, Points)[0].runs) == 6


def test_importance_is_a_share_with_its_interval(empty):
    looked = seen(empty, plan)
    [bars] = marks(importance(effects(looked)).panels[0], Bars)
    assert list(bars.values) == sorted(bars.values, reverse=True)
    assert (bars.low <= bars.values).all()
    assert (bars.values <= bars.high).all()


def test_intervals_of_a_true_normal_distribution_hold_what_they_promise():
    rng = np.random.default_rng(0)
    actual = 3.0 + 2.0 * rng.standard_normal(200_000)
    shares = held(actual, np.full(200_000, 3.0), np.full(200_000, 2.0))
    assert shares == pytest.approx(LEVELS, abs=0.01)


@given(st.integers(0, 3000), st.integers(1, 50), st.data())
def test_of_many_points_few_are_drawn_evenly_and_all_that_must_be(count, most, data):
    keep = data.draw(st.lists(st.integers(0, max(count - 1, 0)), max_size=5 if count else 0))
    shown = thinned(count, keep, most)
    assert shown == sorted(set(shown))
    assert set(keep) <= set(shown) or not count
    assert len(shown) <= max(most, len(set(keep)))
    assert all(0 <= index < count for index in shown)


@given(
    st.floats(-1e6, 1e6),
    st.floats(1e-6, 1e6),
)
def test_contour_lines_are_round_few_and_within_the_values(low, span):
    z = np.array([[low, low + span]])
    surface = Surface(x=np.arange(2.0), y=np.zeros(1), z=z, title="", scale="value")
    assert surface.step * 14 >= span * (1 - 1e-9)
    assert surface.step <= span / 14 * 5.01
    assert f"{surface.step:.0e}"[0] in "125"
    assert surface.start >= low - 1e-9 * surface.step - 1e-9 * abs(low)
