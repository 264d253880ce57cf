"""The `hub flows` commands about files: check, play, test, run, translate, import."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.events import Mode
from hub.app.terminal_language import Language, terminal_language

if TYPE_CHECKING:
    from flows.names import KnownNames

flows = typer.Typer(no_args_is_help=True, help="Flows: check, play, test, translate, compare, publish and import them.")

FILES_HELP = "Files, folders, or names of flows in config/flows. Nothing means all of config/flows."
MOMENTS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d"]
LANG_HELP = "Language of what is found; that of the terminal when left out."
NAMES_HELP = "A project, by its name: its teams, webhooks and stages are checked as well."
WARNING = {Language.RU: "предупреждение: ", Language.EN: "warning: "}
FLOW_HELP = "A flow's file, or its name in config/flows."


@contextmanager
def spoken() -> Iterator[None]:
    """A file that cannot be found or read, or a database that cannot be used, ends the command with its sentence."""
    from hub.app.flow_files import FilesError
    from hub.store.errors import StoreError

    try:
        yield
    except (FilesError, StoreError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None


@flows.command()
def check(
    files: Annotated[list[str] | None, typer.Argument(help=FILES_HELP)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the problems as JSON.")] = False,
    lang: Annotated[Language | None, typer.Option(help=LANG_HELP)] = None,
    project: Annotated[str | None, typer.Option(help=NAMES_HELP)] = None,
) -> None:
    """Say what is wrong in flows, with file, line and column. Ends with 1 when there are errors."""
    from flows.findings import in_language
    from flows.problems import Severity
    from hub.app.flow_files import check_files

    lang = lang or terminal_language()
    with spoken():
        known = asyncio.run(names_of(project)) if project else None
        count, found_problems = check_files(files or [], known)
    problems = [in_language(problem, lang) for problem in found_problems]
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    warnings = len(problems) - errors
    if as_json:
        found = {"flows": count, "errors": errors, "warnings": warnings, "problems": [asdict(one) for one in problems]}
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        for problem in problems:
            mark = WARNING[lang] if problem.severity is Severity.WARNING else ""
            typer.echo(f"{mark}{problem}")
        if lang is Language.RU:
            typer.echo(f"Проверено опросов: {count}, ошибок: {errors}, предупреждений: {warnings}.")
        else:
            typer.echo(f"{_count(count, 'flow')} checked: {_count(errors, 'error')}, {_count(warnings, 'warning')}.")
    if errors:
        raise typer.Exit(1)


async def names_of(project: str) -> "KnownNames | None":
    """The names that a project of the store has. Raises `FilesError`."""
    from hub.app.flow_store import open_library
    from hub.app.settings_file import read_settings

    async with open_library(read_settings(), project) as opened:
        return await opened.library.names(opened.project)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


@flows.command()
def i18n(
    flow: Annotated[str, typer.Argument(help=FLOW_HELP)],
    lang: Annotated[
        str | None, typer.Argument(help="A language such as en; all that the flow has when left out.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Add the missing keys to the translation's file.")] = False,
) -> None:
    """Say which translations a flow lacks. Ends with 1 when some are missing and not written."""
    from hub.app.flow_translations import missing, write_missing

    with spoken():
        lacking = missing(flow, lang)
        for file, texts in lacking.items():
            if write and texts:
                write_missing(file, texts)
                typer.echo(f"{file}: {_count(len(texts), 'key')} added. Write the translations between the quotes.")
            for key, text in texts.items() if not write else ():
                typer.echo(f"{file}: {key}: {' '.join(text.split())}")
    if not any(lacking.values()):
        typer.echo("Nothing is missing.")
    elif not write:
        typer.echo("Add them with --write.", err=True)
        raise typer.Exit(1)


@flows.command("test")
def play_tests(
    files: Annotated[list[str] | None, typer.Argument(help=FILES_HELP)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what differs as JSON.")] = False,
    lang: Annotated[Language | None, typer.Option(help=LANG_HELP)] = None,
) -> None:
    """Play the transcripts beside flows (`b2b.test.yml`). Ends with 1 when something comes out otherwise."""
    from flows.findings import in_language
    from hub.app.flow_files import run_transcripts_of

    lang = lang or terminal_language()
    with spoken():
        results = run_transcripts_of(files or [])
    failed = [(path, result) for path, result in results if not result.passed]
    if as_json:
        found = [
            {"file": str(path), "name": result.name, "passed": result.passed,
             "problems": [asdict(in_language(problem, lang)) for problem in result.problems]}
            for path, result in results
        ]  # fmt: skip
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        for path, result in failed:
            typer.echo(f"{result.name or path}:")
            for problem in result.problems:
                typer.echo(f"  {in_language(problem, lang)}")
        if lang is Language.RU:
            rest = f"иначе вышло: {len(failed)}." if failed else "всё как ожидалось."
            typer.echo(f"Сыграно разговоров: {len(results)}, {rest}")
        else:
            rest = f"{len(failed)} otherwise." if failed else "all as expected."
            typer.echo(f"{_count(len(results), 'transcript')} played: {rest}")
    if failed:
        raise typer.Exit(1)


@flows.command("run")
def run_answers(
    flow: Annotated[str, typer.Argument(help=FLOW_HELP)],
    answers: Annotated[Path, typer.Option(help="A JSON file: answers by question, as people write them.")],
    mode: Annotated[Mode, typer.Option(help="How the questions are put.")] = Mode.CHAT,
    lang: Annotated[str | None, typer.Option(help="Language; the flow's own when left out.")] = None,
    now: Annotated[datetime | None, typer.Option(formats=MOMENTS, help="When it begins; now when left out.")] = None,
    zone: Annotated[str, typer.Option(help="The contact's time zone.")] = "Europe/Moscow",
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Give answers from a file to the questions that become relevant. Ends with 1 when it does not reach an outcome."""
    from hub.app.flow_answers import give_answers, told

    with spoken():
        result = give_answers(flow, answers, mode, lang, now, zone)
    typer.echo(json.dumps(result, ensure_ascii=False, indent=2) if as_json else told(result))
    if result["state"] not in {"done", "waiting_operator"}:
        raise typer.Exit(1)


@flows.command()
def play(
    flow: Annotated[str, typer.Argument(help=FLOW_HELP)],
    mode: Annotated[Mode, typer.Option(help="How the questions are put.")] = Mode.CHAT,
    lang: Annotated[str | None, typer.Option(help="Language; the flow's own when left out.")] = None,
    now: Annotated[datetime | None, typer.Option(formats=MOMENTS, help="When it begins; now when left out.")] = None,
    zone: Annotated[str, typer.Option(help="The contact's time zone.")] = "Europe/Moscow",
) -> None:
    """Play a flow in this terminal, as the contact. `:help` lists what else can be done."""
    from hub.app.flow_terminal import Terminal

    with spoken():
        terminal = Terminal(flow, mode, lang, now, zone, typer.echo)
    terminal.play(sys.stdin)


importing = typer.Typer(no_args_is_help=True, help="Questionnaires of other tools.")
flows.add_typer(importing, name="import")


@importing.command()
def xlsform(
    file: Annotated[
        Path, typer.Argument(help="An .xlsx or .csv file by the conventions of XLSForm (ODK, KoboToolbox).")
    ],
    name: Annotated[str | None, typer.Option(help="Name of the flow; the form's own when left out.")] = None,
    folder: Annotated[Path, typer.Option(help="Where the flow is written.")] = Path("config/flows"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite files of this name.")] = False,
) -> None:
    """Write an XLSForm as a flow, and say row by row what has no equivalent. Ends with 1 when something is left out."""
    from hub.app.flow_xlsform import import_file

    with spoken():
        found, written = import_file(file, name, folder, force=force)
    for path in written:
        typer.echo(f"written: {path}")
    for note in found.notes:
        typer.echo(f"note: {note}")
    for refusal in found.refusals:
        what = f"{refusal.name}: " if refusal.name else ""
        part = "" if refusal.whole else " (the question itself came along)"
        typer.echo(f"row {refusal.row}: {what}{refusal.reason}{part}")
    typer.echo(str(found))
    if found.imported < found.total:
        raise typer.Exit(1)
