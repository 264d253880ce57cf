"""From YAML to a compiled flow: one entry point that reads, checks and reports every problem at once."""

from flows.compile.changes import text_only_change
from flows.compile.flow import Compiled, compile_flow, missing_translations
from flows.compile.sources import Source, Sources

__all__ = ["Compiled", "Source", "Sources", "compile_flow", "missing_translations", "text_only_change"]
