from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from recommender.tables import TableReading, read_runs

SWEEP_LOG = Path(__file__).parents[3] / "shared" / "sweep-log.txt"


@pytest.fixture(scope="session")
def write(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write a file under a fresh name; session-wide, so that properties can use it."""
    folder = tmp_path_factory.mktemp("tables")
    numbers = count()

    def write(content: str | bytes, suffix: str = ".csv") -> Path:
        path = folder / f"{next(numbers)}{suffix}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture(scope="session")
def read(write: Callable[..., Path]) -> Callable[..., TableReading]:
    def read(
        content: str | bytes,
        parameters: tuple[str, ...] = ("lr",),
        suffix: str = ".csv",
        **options: object,
    ) -> TableReading:
        return read_runs(write(content, suffix), parameters, **options)

    return read


@pytest.fixture(scope="session")
def sweep_log() -> Path:
    if not SWEEP_LOG.exists():
        pytest.skip("the real sweep log is not beside this repository")
    return SWEEP_LOG
