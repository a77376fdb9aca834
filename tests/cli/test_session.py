import json
import os
import pty
import re
import subprocess
import sys

import pytest

from recommender.cli.session import pairs, print_json, printable
from recommender.errors import UsageError


def in_a_terminal(*arguments, columns=80, **environment):
    """Return what a call shows in a terminal of that width."""
    ours, theirs = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-m", "recommender.cli.main", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"COLUMNS": str(columns), "TERM": "xterm-256color"} | environment,
    )
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert done.wait() == 0
    return shown.decode().replace("\r\n", "\n")


def test_a_terminal_gets_progress_and_style_and_a_table_that_fits(sweep):
    shown = in_a_terminal("next", "--n", "2")
    assert "fitting the runs so far" in shown
    assert "\x1b[1m" in shown
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    table = plain.rpartition("fitting")[2].splitlines()[1:]
    assert max(len(line) for line in table) <= 80


def test_no_color_leaves_no_style_at_all(sweep):
    assert "\x1b[1m" in in_a_terminal("status")
    assert "\x1b" not in in_a_terminal("status", NO_COLOR="1")


def test_json_shows_no_progress(sweep):
    shown = in_a_terminal("next", "--n", "1", "--json")
    assert json.loads(shown)["schema"] == 1


@pytest.mark.parametrize("text", ["a=", "=1", "a", "", " =1"])
def test_pairs_have_a_name_and_a_value(text):
    with pytest.raises(UsageError, match="NAME=VALUE"):
        pairs([text], "--metric")


def test_pairs_are_split_at_the_first_equals_sign_and_stripped():
    assert pairs([" a = b=c "], "--metric") == {"a": "b=c"}


def test_printable_keeps_scripts_and_spells_out_controls():
    assert printable("日期 ±\n[red]") == "日期 ±\n[red]"
    assert printable("\x1b[31m\x9b\u202e\ud800") == "\\x1b[31m\\x9b\\u202e\\ud800"


def test_json_survives_every_encoding(capsys):
    print_json({"name": "日期 \udcff"})
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == {"schema": 1, "name": "日期 \udcff"}
