"""Translations of flows as files: what is missing, and how the missing keys are added."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from flows.compile import Sources, missing_translations
from flows.load import Report, load
from flows.phrases import LANGUAGES
from hub.app.flow_files import FilesError, find_flow, library_of, source
from hub.app.terminal_language import told

_PLAIN_KEY = re.compile(r"[A-Za-zА-Яа-яЁё_][\wА-Яа-яЁё. -]*")


def missing(flow: str, lang: str | None) -> Mapping[Path, Mapping[str, str]]:
    """The missing keys and the texts to translate, by the translation's file. Raises `FilesError`."""
    files = find_flow(flow)
    sources = files.sources(library_of(files))
    if load(sources.flow.file, sources.flow.text, report := Report()) is None:
        raise FilesError(told(report.problems))
    if lang is not None and lang not in LANGUAGES:
        raise FilesError(f"The engine does not speak {lang}. It speaks: {', '.join(LANGUAGES)}.")
    own = _language(sources)
    if lang == own:
        raise FilesError(f"{files.path} is written in {lang} itself.")
    langs = [lang] if lang else sorted(files.translations) or [other for other in LANGUAGES if other != own]
    return {
        files.translations.get(name, files.path.with_suffix(f".{name}{files.path.suffix}")): missing_translations(
            sources, name
        )
        for name in langs
    }


def write_missing(path: Path, texts: Mapping[str, str]) -> None:
    """Add a line for each key, with the text to translate behind it. The rest of the file stays as it is."""
    before = source(path).text if path.exists() else ""
    if before and not before.endswith("\n"):
        before += "\n"
    lines = [f'{_key(key)}: ""    # {" ".join(text.split())}\n' for key, text in texts.items()]
    path.write_text(before + "".join(lines), "utf-8")


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) and not key.endswith(" ") else json.dumps(key, ensure_ascii=False)


def _language(sources: Sources) -> str:
    """The language of the flow's own texts."""
    from flows.compile import compile_flow

    flow = compile_flow(Sources(sources.flow, bot=sources.bot, library=sources.library)).flow
    if flow is None:
        raise FilesError(f"{sources.flow.file} has errors: correct them first. `hub flows check` shows them.")
    return flow.lang
