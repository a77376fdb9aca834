"""Worker processes, and what befalls them at a system call of our choice, through strace."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import recommender
from tests.needs import unavailable

_CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)")
_OF_MEMORY = ("brk", "mmap", "munmap", "mremap", "madvise")  # come as the allocator likes
_CHANGING = (
    "write",
    "pwrite64",
    "fsync",
    "rename",
    "ftruncate",
    "unlink",
    "mkdir",
    "flock",
    "link",
)


@cache
def _why_not() -> str:
    if shutil.which("strace") is None:
        return "strace is not installed"
    done = subprocess.run(["strace", "true"], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"strace is not permitted here: {done.stderr.strip()}"


def require_strace() -> None:
    if _why_not():
        unavailable(_why_not())


class Call(NamedTuple):
    """A system call of a worker: the `number`-th of that name since the process began."""

    name: str
    number: int
    changes: bool


@dataclass(frozen=True)
class Ended:
    """How a worker ended: its exit status (negative: the signal), what it said and was told."""

    status: int
    ready: bool
    acknowledged: list[str]
    error: str


def command(action: str, folder: Path) -> list[str]:
    """Return the command line of a worker."""
    package = Path(recommender.__file__).parent.parent
    worker = Path(__file__).with_name("worker.py")
    return [sys.executable, "-S", "-E", "-B", *map(str, (worker, package, action, folder))]


def acknowledged(output: str) -> list[str]:
    """Return the ids that a worker acknowledged."""
    return re.findall("^acknowledged (.*)\n", output, flags=re.MULTILINE)


def calls(action: str, folder: Path, log: Path) -> list[Call]:
    """Return the system calls that an action makes, by tracing it once."""
    traced = ["strace", "-f", "-o", str(log), *command(action, folder)]
    subprocess.run(traced, check=True, capture_output=True)
    numbers: dict[str, int] = {}
    found: list[Call] = []
    ready = False
    for line in log.read_text(errors="replace").splitlines():
        match = _CALL.match(line)
        if match is None:
            continue
        name, arguments = match.groups()
        numbers[name] = numbers.get(name, 0) + 1
        if ready and name not in _OF_MEMORY:
            opened_to_write = name == "openat" and ("O_WRONLY" in line or "O_RDWR" in line)
            found.append(Call(name, numbers[name], opened_to_write or name in _CHANGING))
        ready = ready or (name == "write" and arguments.startswith('1, "ready'))
        if name == "write" and arguments.startswith('1, "acknowledged'):
            break
    return found


def run_into(action: str, folder: Path, call: Call, fault: str) -> Ended:
    """Run a worker that meets `fault` (`signal=SIGKILL`, `error=EIO`) as it makes the call."""
    options = ["-e", f"trace={call.name}", "-e", f"inject={call.name}:{fault}:when={call.number}"]
    strace = ["strace", "-f", "-o", os.devnull, *options]
    done = subprocess.run(
        [*strace, *command(action, folder)], capture_output=True, text=True, check=False
    )
    ready = done.stdout.startswith("ready\n")
    return Ended(done.returncode, ready, acknowledged(done.stdout), done.stderr)
