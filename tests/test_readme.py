"""The README is true: its commands, its transcript and its example are run."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh copy of the committed project."""
    folder = tmp_path / "clone"
    shutil.copytree(ROOT / "configs", folder / "configs", ignore=shutil.ignore_patterns("jobs"))
    shutil.copytree(ROOT / "history", folder / "history", ignore=shutil.ignore_patterns("prop*"))
    return folder


def printed(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "recommender.cli.main", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def words(text: str) -> list[str]:
    """The words of a transcript without its figures, which differ in the last digit by machine."""
    return re.findall(r"[a-z_-]{3,}", re.sub(r"run-\d{4}-[0-9a-f]{4}", "run", text))


def test_readme_has_exactly_two_commands_for_a_fresh_machine():
    commands = re.findall(r"^python3 -m venv .*$", README, flags=re.MULTILINE)
    assert len(commands) == 2
    assert commands[0].endswith("recommend next --n 4")
    assert commands[1].endswith("python -m pytest")


@pytest.mark.parametrize("call", ["doctor --quiet", "next --n 4"])
def test_transcript_says_what_the_command_says(clone, call):
    shown = re.search(rf"\$ recommend {call}\n(.*?)```\n<!-- end -->", README, flags=re.DOTALL)
    assert shown is not None
    assert words(shown[1]) == words(printed(clone, *call.split()))


def test_transcript_names_the_job_files():
    shown = re.search(r"\$ recommend next --n 4\n(.*?)```\n<!-- end -->", README, flags=re.DOTALL)
    assert shown is not None
    assert len(re.findall(r"configs/jobs/run-00\d\d-[0-9a-f]{4}\.yaml", shown[1])) == 4


def test_the_end_of_the_effects_and_the_lessons_are_what_the_commands_say(clone):
    pattern = r"<!-- transcript: recommend effects -->\n```console\n(.*?)```\n<!-- end -->"
    shown = re.search(pattern, README, flags=re.DOTALL)
    assert shown is not None
    output = printed(clone, "effects")
    assert words(shown[1]) == words(output[output.index("what it comes to") :])
    lessons = words("".join(re.findall(r"^- if loss .*$", README, flags=re.MULTILINE)))
    last = re.findall(r"run-0040-[0-9a-f]{4}", printed(clone, "next", "--n", "4"))[0]
    explained = printed(clone, "why", last)
    assert lessons
    assert lessons == words("".join(re.findall(r"^- if .*$", explained, flags=re.MULTILINE)))


def test_library_example_runs():
    example = re.search(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert example is not None
    trained = []

    def train(**params: float) -> float:
        trained.append(params)
        return 0.5

    exec(compile(example[1], "README.md", "exec"), {"train": train})
    assert [set(params) for params in trained] == [{"learning_rate", "threshold"}] * 4
