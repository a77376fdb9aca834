from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count

import pytest

from tests import databases
from tests.reliability.measured import Measured

_MEASURED = Measured()


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the long version was asked for."""
    return bool(request.config.getoption("--long"))


@pytest.fixture
def new_place(backend: str, request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Give a place where nothing is kept yet, from the test's folder on, at every call."""
    numbers = count()
    with ExitStack() as schemas:

        def place() -> str:
            if backend == "postgresql":
                socket = request.getfixturevalue("postgresql_server")
                return schemas.enter_context(databases.schema(socket))
            number = next(numbers)
            return f"sqlite:///{number}/runs.db" if backend == "sqlite" else f"{number}"

        yield place


@pytest.fixture(scope="session")
def measured() -> Measured:
    return _MEASURED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _MEASURED.rows:
        terminalreporter.section("reliability")
        width = max(len(what) for what, _ in _MEASURED.rows)
        for what, figures in _MEASURED.rows:
            terminalreporter.write_line(f"{what:<{width}}  {figures}")
