from __future__ import annotations

import pytest
from reliability.measured import Measured

_MEASURED = Measured()


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the long version was asked for."""
    return bool(request.config.getoption("--long"))


@pytest.fixture(scope="session")
def measured() -> Measured:
    return _MEASURED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _MEASURED.rows:
        terminalreporter.section("reliability")
        width = max(len(what) for what, _ in _MEASURED.rows)
        for what, figures in _MEASURED.rows:
            terminalreporter.write_line(f"{what:<{width}}  {figures}")
