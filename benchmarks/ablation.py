"""Runs this engine with one thing changed at a time, and appends to `results/ablation.csv`.

    python -m benchmarks.ablation --seeds 20 --jobs 2

The tasks are the choosing half under one condition, and the engine as it is takes part. The
races are those of `benchmarks.race`, and resumable like them.
"""

from __future__ import annotations

import argparse

from benchmarks import race
from benchmarks.peers import OURS
from benchmarks.results import ABLATION, Key
from benchmarks.tasks import names_of
from benchmarks.variants import VARIANTS
from benchmarks.world import BASE, CONDITIONS


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS), metavar="VARIANT",
        help=f"all by default: {', '.join(VARIANTS)}",
    )  # fmt: skip
    parser.add_argument("--condition", choices=list(CONDITIONS), default=BASE)
    race.add_options(parser, ABLATION)
    options = parser.parse_args()
    race.go_on(
        [
            Key(options.condition, task, peer, seed)
            for seed in range(options.seeds)
            for task in names_of("choosing")
            for peer in (OURS, *options.variants)
        ],
        options,
    )


if __name__ == "__main__":
    main()
