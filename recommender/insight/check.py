"""What one examination found: whether it passed, why not, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is: a failure may lose or falsify something, a warning does not."""

    PASS = "PASS"
    WARNING = "WARNING"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: `code` names what was examined, `runs` the ids it is about."""

    code: str
    level: Level
    message: str
    runs: tuple[str, ...] = ()
