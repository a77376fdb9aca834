"""Worker processes, and what befalls them at a system call of our choice, through strace."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
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
    "fdatasync",
    "sendto",
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


def command(action: str, place: Path | str) -> list[str]:
    """Return the command line of a worker at a folder, or at the URL of a database."""
    package = Path(recommender.__file__).parent.parent
    worker = Path(__file__).with_name("worker.py")
    python = [sys.executable, "-E", "-B", *(["-S"] if isinstance(place, Path) else [])]
    return [*python, *map(str, (worker, package, action, place))]


def spread(points: list[Call], count: int) -> list[Call]:
    """Return some of the calls, about as many as asked, the last one among them."""
    return points[:: -max(1, len(points) // count)]


def acknowledged(output: str) -> list[str]:
    """Return the ids that a worker acknowledged."""
    return re.findall("^acknowledged (.*)\n", output, flags=re.MULTILINE)


def calls(action: str, place: Path | str, log: Path) -> list[Call]:
    """Return the system calls that an action makes, by tracing it once."""
    traced = ["strace", "-f", "-o", str(log), *command(action, place)]
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


def run_into(action: str, place: Path | str, call: Call, fault: str) -> Ended:
    """Run a worker that meets `fault` (`signal=SIGKILL`, `error=EIO`) as it makes the call."""
    options = ["-e", f"trace={call.name}", "-e", f"inject={call.name}:{fault}:when={call.number}"]
    strace = ["strace", "-f", "-o", os.devnull, *options]
    done = subprocess.run(
        [*strace, *command(action, place)], capture_output=True, text=True, check=False
    )
    ready = done.stdout.startswith("ready\n")
    return Ended(done.returncode, ready, acknowledged(done.stdout), done.stderr)


def stop_at(
    action: str, place: Path | str, call: Call, trace: Path, meanwhile: Callable[[], None]
) -> Ended:
    """Run a worker that is stopped as it makes the call, and goes on after `meanwhile` is done.

    Args:
        action: what the worker does.
        place: to which history.
        call: where it is stopped.
        trace: a path that is free, for a pipe.
        meanwhile: what happens while it stands still.
    """
    os.mkfifo(trace)
    options = [
        "-e",
        f"trace={call.name}",
        "-e",
        f"inject={call.name}:signal=SIGSTOP:when={call.number}",
    ]
    worker = subprocess.Popen(
        ["strace", "-f", "-o", str(trace), *options, *command(action, place)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with trace.open(errors="replace") as lines:
        for line in lines:
            if "--- stopped by SIGSTOP ---" in line:
                meanwhile()
                os.kill(int(line.split()[0]), signal.SIGCONT)
    output, error = worker.communicate()
    trace.unlink()
    return Ended(worker.returncode, output.startswith("ready\n"), acknowledged(output), error)
