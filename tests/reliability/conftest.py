from __future__ import annotations

import pytest

_measured: list[tuple[str, str]] = []


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the long version was asked for."""
    return bool(request.config.getoption("--long"))


class Measured:
    """The table that stands at the end of the output."""

    def add(self, what: str, **figures: object) -> None:
        _measured.append((what, ", ".join(f"{figures[name]} {name}" for name in figures)))


@pytest.fixture(scope="session")
def measured() -> Measured:
    return Measured()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _measured:
        terminalreporter.section("reliability")
        width = max(len(what) for what, _ in _measured)
        for what, figures in _measured:
            terminalreporter.write_line(f"{what:<{width}}  {figures}")
