"""The command `recommend`: its options for all commands, and what an error exits with."""

from __future__ import annotations

import contextlib
import gc
import io
import os
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from recommender import __version__
from recommender.cli import (
    examining,
    explaining,
    history,
    importing,
    looking,
    proposing,
    recording,
    reporting,
    setup,
)
from recommender.cli.session import Session, say
from recommender.errors import ConflictError, RecommenderError, UsageError
from recommender.history_url import passwords, scrubbed

DONE, FAILED, WRONG_USAGE, NEEDS_A_PERSON = 0, 1, 2, 3


class _Commands(TyperGroup):
    """The commands, whose usage errors quote what was typed but for the password of a URL."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        with _without_passwords():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        with _without_passwords():
            return super().invoke(ctx)


@contextlib.contextmanager
def _without_passwords() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if isinstance(message := getattr(error, "message", None), str):
            error.message = _without_given_passwords(message)  # type: ignore[attr-defined]
        raise


def _without_given_passwords(text: str) -> str:
    given = [*sys.argv, os.environ.get("RECOMMEND_HISTORY", "")]
    return scrubbed(text, [password for place in given for password in passwords(place)])


app = typer.Typer(
    cls=_Commands,
    help="Recommends the next training runs of a sweep from the runs made so far.",
    epilog="Exit status: 0 done; 1 failed; 2 wrong usage or sweep file; 3 a conflict or question "
    "that needs a person.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"recommend {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    project: Annotated[
        Path | None,
        typer.Option(
            "-C",
            "--project",
            envvar="RECOMMEND_PROJECT",
            metavar="DIR",
            help="The project folder; else the nearest one upward that holds configs/sweep.yaml.",
        ),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Take the options that stand before any command."""
    context.obj = Session(project_folder=project)


GROUPS = (
    *(setup, importing, proposing, recording, looking, examining, explaining, reporting),
    history,
)
for group in GROUPS:
    group.register(app)


def main() -> None:
    """Run the command line and exit with its status.

    An error is one text on standard error; standard output stays empty then, with --json too.
    A reader who leaves early, like `head`, has seen enough: the work was done before anything was
    printed, and the status is that of success.
    """
    # One thread: the matrices are small, and threads that wait for each other are far slower.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    # To look for garbage among all that the imports leave, again and again and once more at the
    # end, took a quarter of a command's time.
    gc.disable()
    _prepare_streams()
    debug = "--debug" in sys.argv
    try:
        try:
            app(prog_name="recommend")
        finally:
            sys.stdout.flush()  # here, where it can still be said if that fails
    except SystemExit as exit:
        reader_left = isinstance(exit.__context__, BrokenPipeError)  # for which typer's status is 1
        sys.exit(DONE if reader_left else exit.code)
    except BrokenPipeError as error:
        _discard_output()
        sys.exit(error.__context__.code if isinstance(error.__context__, SystemExit) else FAILED)
    except Exception as error:
        if debug:
            say(_without_given_passwords(traceback.format_exc()).removesuffix("\n"))
        said = str(error) if isinstance(error, RecommenderError) else _unforeseen(error)
        say(f"recommend: {_without_given_passwords(said)}")
        _discard_output()
        sys.exit(exit_status(error))
    finally:
        gc.freeze()
        gc.enable()


def _prepare_streams() -> None:
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # the caller closed it
            setattr(sys, name, io.StringIO())
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # no terminal's encoding is an error


def _discard_output() -> None:
    """Let nothing that could not be written fail once more at exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _unforeseen(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is None:
        return (
            f"the answer cannot be written to standard output ({error.strerror}); what the command "
            "had to write in the project stands all the same"
        )
    return (
        f"internal error: {type(error).__name__}: {error}; nothing more was written. Please report "
        "it with the output of `recommend --debug ...`"
    )


def exit_status(error: Exception) -> int:
    """Return the exit status that an error stands for."""
    if isinstance(error, ConflictError):
        return NEEDS_A_PERSON
    return WRONG_USAGE if isinstance(error, UsageError) else FAILED


if __name__ == "__main__":
    main()
