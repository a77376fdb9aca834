import pytest

from recommender.campaign.best import Best, BestRun, advice
from recommender.engine.answers import Incumbent, Rival
from recommender.engine.outlook import Outlook
from recommender.run import Direction, Objective, Run, Status


@pytest.mark.parametrize(
    ("chance", "before", "runs", "hours", "said"),
    [
        (0.97, 0.96, 0, 3.5, "97%, and 96% a batch ago: more runs are hardly worth their hours"),
        (0.97, 0.04, 4, 3.5, "97%, but 4% a batch ago; 4 more runs (14 hours of training) to"),
        (0.97, None, 4, None, "97%; 4 more runs to confirm it before you stop"),
        (
            0.6,
            0.97,
            8,
            3.5,
            "60%; at least 8 more runs (28 hours of training) until it is above 95%",
        ),
        (0.0, 0.0, None, 3.5, "<1%; more than 32 runs until it is above 95%"),
        (1.0, 1.0, 0, 3.5, ">99%, and >99% a batch ago"),
    ],
)
def test_the_outlook_never_contradicts_itself_in_words(chance, before, runs, hours, said):
    found = Best(
        objective=Objective(metric="loss", direction=Direction.MINIMIZE),
        best=None,
        by_context=(),
        outlook=Outlook(tolerance=0.01, chance=chance, chance_before=before, runs=runs),
        hours_per_run=hours,
    )
    [sentence] = advice(found)
    assert said in sentence
    assert sentence.startswith("The chance that no run within reach is better by more than 0.01")


@pytest.mark.parametrize(
    ("sure", "said"),
    [
        (0.4, ("repeat r-1 with another random seed first: it leads r-2 by 0.01 ± 0.02 of loss",)),
        (0.6, ()),
    ],
)
def test_a_run_that_may_not_be_the_best_is_repeated_with_another_seed(sure, said):
    rival = Rival(id="r-2", lead=0.01, sd=0.02)
    belief = Incumbent(
        {"lr": 0.1}, id="r-1", mean=0.5, sd=0.1, probability_best=sure, compared=9, rival=rival
    )
    found = Best(
        objective=Objective(metric="loss", direction=Direction.MINIMIZE),
        best=BestRun(Run(id="r-1", params={"lr": 0.1}, status=Status.COMPLETED), belief),
        by_context=(),
        outlook=None,
        hours_per_run=None,
    )
    assert advice(found) == said
