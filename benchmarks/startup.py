"""Times whole commands against `python -c "import skopt"`, in turn, on the 36 committed runs.

    python benchmarks/startup.py [--rounds 7]

Prints the median seconds of each and the median ratio, pair by pair. Needs an environment that is
byte-compiled (`python -m compileall`), as pip leaves it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECOMMEND = [sys.executable, "-m", "recommender.cli.main"]
NEW_RUN = (
    "learning_rate=0.001",
    "cluster_temperature=0.8",
    "instance_temperature=0.03",
    "threshold=0.9",
)
RECORD = ["record", "--metric", "loss=0.5", *(word for p in NEW_RUN for word in ("--param", p))]
COMMANDS = {
    "next --n 4": (["next", "--n", "4"], 1.3),
    "status": (["status"], 0.35),
    "record": (RECORD, 0.35),
    "--help": (["--help"], 0.35),
}


def seconds(command: list[str]) -> float:
    """Return how long a command takes in a fresh copy of the project."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("configs", "history"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("jobs"))
        return _run(command, folder)


def _run(command: list[str], folder: Path) -> float:
    # From this checkout, whatever else is installed.
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    start = time.perf_counter()
    subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    base: list[float] = []
    taken: dict[str, list[float]] = {label: [] for label in COMMANDS}
    for turn in range(rounds + 1):
        one = seconds([sys.executable, "-c", "import skopt"])
        times = {
            label: seconds([*RECOMMEND, *arguments]) for label, (arguments, _) in COMMANDS.items()
        }
        if turn:  # the first round warms the caches
            base.append(one)
            for label, value in times.items():
                taken[label].append(value)
    print(f"{'import skopt':<12} {statistics.median(base):6.2f} s")
    for label, (_, limit) in COMMANDS.items():
        median = statistics.median(taken[label])
        ratio = statistics.median(a / b for a, b in zip(taken[label], base, strict=True))
        print(f"{label:<12} {median:6.2f} s  ratio {ratio:.2f} (at most {limit})")


if __name__ == "__main__":
    main()
