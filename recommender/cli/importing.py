"""`recommend import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recommender.cli.session import DryRun, Json, Quiet, now, print_json, say
from recommender.wording import counted

Table = Annotated[
    Path, typer.Argument(metavar="TABLE", help="Markdown, CSV, TSV, XLSX or JSON lines.")
]
Encoding = Annotated[
    str | None, typer.Option(help="The table's encoding, if it is not UTF-8; such as gb18030.")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_runs)


def import_runs(
    context: typer.Context,
    table: Table,
    encoding: Encoding = None,
    as_json: Json = False,
    quiet: Quiet = False,
    dry_run: DryRun = False,
) -> None:
    """Read past runs from a table, however messy; importing it again adds nothing."""
    from recommender.campaign.importing import import_table

    project = context.obj.project()
    imported = import_table(project, table, encoding=encoding, now=now(), dry_run=dry_run)
    if as_json:
        findings = [
            {"line": finding.line, "kind": finding.kind, "message": finding.message}
            for finding in imported.findings
        ]
        print_json(
            {
                "table": str(table),
                "dry_run": dry_run,
                "added": list(imported.added),
                "known": list(imported.known),
                "filled": list(imported.filled),
                "findings": findings,
            }
        )
        return
    for finding in imported.findings:
        say(f"{table}:{finding.line}: {finding.kind}: {finding.message}", quiet=quiet)
    total = len(imported.added) + len(imported.known)
    filled = f", {len(imported.filled)} of them given more results" if imported.filled else ""
    left_out = f"; {imported.left_out} row(s) left out" if imported.left_out else ""
    print(
        f"{table}: {counted(total, 'run')}; {len(imported.added)} added, "
        f"{len(imported.known)} known already{filled}{left_out}"
    )
    if dry_run:
        say("dry run: nothing was written", quiet=quiet)
