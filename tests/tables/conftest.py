from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from recommender.tables import TableReading, read_runs


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
