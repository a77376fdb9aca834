"""All figures of a report, in the order in which a reader meets them."""

from __future__ import annotations

from recommender.report.calibration import calibration
from recommender.report.content import Content
from recommender.report.convergence import convergence
from recommender.report.effects import importance, main_effects
from recommender.report.figure import Figure
from recommender.report.maps import maps
from recommender.report.parallel import parallel
from recommender.report.progress import progress


def gallery(content: Content) -> tuple[Figure, ...]:
    """Return the figures that the history has enough for."""
    view, held = content.view, content.held
    found = (
        convergence(view),
        progress(content.scorecard),
        main_effects(view, content.effects),
        importance(content.effects),
        None if held is None else maps(view, held),
        parallel(view),
        calibration(view),
    )
    return tuple(figure for figure in found if figure is not None)
