"""Flows as files: which file is a flow, which its translation, its transcripts, or the settings that flows share."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from flows.compile import Compiled, Source, Sources, compile_flow
from flows.definition import Flow
from flows.load import Report, Scalar, load
from flows.names import KnownNames, NameKind, unknown_names
from flows.problems import Problem
from flows.simulate import Result, run_transcripts
from hub.app.terminal_language import told

FOLDER = Path("config/flows")
BOT = "bot"
SUFFIXES = {".yml", ".yaml"}
_TRANSLATION = re.compile(r"[a-z]{2}(?:-[A-Z]{2})?")
TRANSCRIPTS = "test"


class FilesError(Exception):
    """A file cannot be found or read; the sentence says which and what to do."""


@dataclass(frozen=True, slots=True)
class FlowFiles:
    """The files of one flow: its own, translations by language, transcripts, and the shared settings beside it."""

    name: str
    path: Path
    translations: Mapping[str, Path] = field(default_factory=dict)
    transcripts: Path | None = None
    bot: Path | None = None

    def sources(self, library: Mapping[str, Source] | None = None) -> Sources:
        """What is compiled. Raises `FilesError`."""
        return Sources(
            flow=source(self.path),
            translations={lang: source(path) for lang, path in sorted(self.translations.items())},
            bot=source(self.bot) if self.bot else None,
            library=library or {},
        )


def source(path: Path) -> Source:
    """A file's text. Raises `FilesError`."""
    try:
        return Source(str(path), path.read_text("utf-8-sig"))
    except UnicodeDecodeError as error:
        sentence = f"{path}: byte {error.start} is not UTF-8. Save the file as UTF-8."
        raise FilesError(sentence) from error
    except OSError as error:
        raise FilesError(f"{path}: {error.strerror or error}.") from error


def find_flows(given: Sequence[str | Path]) -> Sequence[FlowFiles]:
    """The flows that paths or names mean: a folder is all its flows, a translation or a transcript means its flow.

    Nothing given is the folder `config/flows`. Raises `FilesError`.
    """
    paths: dict[Path, None] = {}
    for item in given or [FOLDER]:
        paths.update(dict.fromkeys(_flow_paths(item)))
    return [flow_files(path) for path in paths]


def find_flow(given: str | Path) -> FlowFiles:
    """The one flow that a path or a name means. Raises `FilesError`."""
    found = find_flows([given])
    if len(found) != 1:
        raise FilesError(f"{given} holds {len(found)} flows. Name one of them.")
    return found[0]


def library_of(files: FlowFiles) -> Mapping[str, Source]:
    """The flows of the same folder by their names: what `use` and `start` may name."""
    found = {}
    for path in _in_folder(files.path.parent):
        text = source(path)
        found[name_of(text, path)] = text
    return found


def flow_files(path: Path) -> FlowFiles:
    """The flow in `path`, with what stands beside it."""
    beside = {other: _parts(other) for other in _siblings(path) if _parts(other)[0] == _parts(path)[0]}
    return FlowFiles(
        name=name_of(source(path), path),
        path=path,
        translations={kind: other for other, (_, kind) in beside.items() if kind and _TRANSLATION.fullmatch(kind)},
        transcripts=next((other for other, (_, kind) in beside.items() if kind == TRANSCRIPTS), None),
        bot=_bot_beside(path),
    )


def compile_files(files: FlowFiles) -> Compiled:
    """The flow of `files`, compiled with the others of its folder. Raises `FilesError`."""
    return compile_flow(files.sources(library_of(files)))


def check_files(given: Sequence[str | Path], known: KnownNames | None = None) -> tuple[int, Sequence[Problem]]:
    """How many flows were checked, and every problem once, by file and place. Raises `FilesError`.

    With the names of a project, `known`, also what flows mention and the project does not have.
    """
    found = find_flows(given)
    problems: dict[Problem, None] = {}
    compiled = [(files.path, compile_files(files)) for files in found]
    for path, one in compiled:
        problems.update(dict.fromkeys(one.problems))
        if known is not None:
            others = [name for other, flow in compiled if other != path for name in flow.mentioned]
            stages = {*known.stages, *(name.name for name in others if name.kind is NameKind.STAGE)}
            problems.update(dict.fromkeys(unknown_names(one.mentioned, replace(known, stages=stages))))
    return len(found), sorted(problems, key=lambda one: (one.file, one.line, one.column))


def name_of(text: Source, path: Path) -> str:
    """The flow's own name, or the file's when it says none."""
    tree = load(text.file, text.text, Report())
    node = tree.get("flow") if tree else None
    return node.text if isinstance(node, Scalar) and node.text else _parts(path)[0]


def _flow_paths(item: str | Path) -> Iterable[Path]:
    path = Path(item)
    if path.is_dir():
        found = list(_in_folder(path))
        if not found:
            raise FilesError(f"There is no flow in {path}. A flow is a file such as {path / 'survey.yml'}.")
        return found
    if path.is_file():
        return _flows_of_file(path)
    for suffix in sorted(SUFFIXES, reverse=True):
        named = FOLDER / f"{item}{suffix}"
        if path.name == str(item) and named.is_file():
            return [named]
    if FOLDER.is_dir() and path.name == str(item):
        named_so = [one for one in _in_folder(FOLDER) if name_of(source(one), one) == item]
        if named_so:
            return named_so
    raise FilesError(f"There is no file and no flow {item}. Give a path, or the name of a flow in {FOLDER}.")


def _flows_of_file(path: Path) -> Iterable[Path]:
    stem, kind = _parts(path)
    if path.suffix not in SUFFIXES:
        raise FilesError(f"{path} is no flow: its name must end in .yml.")
    if stem == BOT:
        folder = path.parent / FOLDER.name if (path.parent / FOLDER.name).is_dir() else path.parent
        return [one for one in _in_folder(folder) if (beside := _bot_beside(one)) and beside.samefile(path)]
    if kind is None:
        return [path]
    own = [other for other in _siblings(path) if _parts(other) == (stem, None)]
    if not own:
        raise FilesError(f"{path} belongs to a flow {stem}{path.suffix}, which is not beside it.")
    return own


def _in_folder(folder: Path) -> Iterable[Path]:
    return [
        path
        for path in sorted(folder.iterdir())
        if path.suffix in SUFFIXES and path.is_file() and _parts(path)[1] is None and _parts(path)[0] != BOT
    ]


def _siblings(path: Path) -> Iterable[Path]:
    return [other for other in sorted(path.parent.iterdir()) if other.suffix in SUFFIXES and other.is_file()]


def _parts(path: Path) -> tuple[str, str | None]:
    """`b2b.en.yml` is `b2b` and `en`; a flow itself has no second part."""
    stem, dot, kind = path.stem.rpartition(".")
    if dot and (kind == TRANSCRIPTS or _TRANSLATION.fullmatch(kind)):
        return stem, kind
    return path.stem, None


def _bot_beside(path: Path) -> Path | None:
    """The shared settings: beside the flow, or beside its folder."""
    for folder in (path.parent, path.parent / ".." if path.parent.name in {"", ".."} else path.parent.parent):
        for suffix in sorted(SUFFIXES, reverse=True):
            if (bot := folder / f"{BOT}{suffix}").is_file():
                return bot
    return None


def run_transcripts_of(given: Sequence[str | Path]) -> Sequence[tuple[Path, Result]]:
    """The transcripts beside flows, each with what came out otherwise. Raises `FilesError` for a flow with errors."""
    found: list[tuple[Path, Result]] = []
    for files in find_flows(given):
        if files.transcripts is not None:
            flow = compiled_flow(files)
            results = run_transcripts(flow, source(files.transcripts))
            found += [(files.transcripts, result) for result in results]
    if not found:
        raise FilesError("There is no transcript. Write one beside the flow, such as survey.test.yml.")
    return found


def compiled_flow(files: FlowFiles) -> Flow:
    """The flow of `files`. Raises `FilesError` with what is wrong."""
    compiled = compile_files(files)
    if compiled.flow is None:
        raise FilesError(told(compiled.problems))
    return compiled.flow
