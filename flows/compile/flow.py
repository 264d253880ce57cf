"""Compiles the files of one flow: reads them in the order in which they depend on each other, then checks the whole."""

from collections.abc import Mapping as Dict
from dataclasses import dataclass

from flows.check import check_flow
from flows.compile.actions import ActionReader
from flows.compile.call_backs import check_call_backs
from flows.compile.fields import ID, Fields, meant, one_of, slug_of
from flows.compile.outcomes import OutcomeReader, read_score
from flows.compile.questions import QuestionReader, Wanted
from flows.compile.scopes import Asked
from flows.compile.settings import DEFAULTS, KEYS, Settings, read_settings
from flows.compile.sources import Source, Sources
from flows.compile.steps import Library, StepReader
from flows.compile.synonyms import SynonymReader
from flows.compile.texts import TextBook, language_of
from flows.definition import Flow, Start, Texts
from flows.load import Mapping, Node, Report, Scalar, load
from flows.names import Mentioned
from flows.phrases import LANGUAGES
from flows.problems import Problem, Severity

FLOW_KEYS = ("flow", "lang", "title", "start", "intro", "ask", "score", "outcomes", *KEYS)
START_KEYS = ("words", "form", "calls")


@dataclass(frozen=True, slots=True)
class Compiled:
    """The flow, or None when a problem is an error; warnings come with a flow.

    `mentioned` are the names of things outside it, to be held against a project's (`flows.names.unknown_names`).
    """

    flow: Flow | None
    problems: tuple[Problem, ...] = ()
    mentioned: tuple[Mentioned, ...] = ()


def compile_flow(sources: Sources, *, version: int = 0, patch: int = 0) -> Compiled:
    """Read and check `sources`. Every problem of every file is reported, not just the first."""
    report = Report()
    reader = _FlowReader(sources, report)
    flow = reader.read(version, patch)
    return Compiled(None if report.failed else flow, report.problems, tuple(reader.mentioned))


def missing_translations(sources: Sources, lang: str) -> Dict[str, str]:
    """The keys that `lang` lacks, in the order of the flow, with the text to translate."""
    reader = _FlowReader(sources, Report())
    reader.read(0, 0)
    return reader.book.missing(lang) if reader.book else {}


class _FlowReader:
    def __init__(self, sources: Sources, report: Report) -> None:
        self._sources = sources
        self._report = report
        self.book: TextBook | None = None
        self.mentioned: list[Mentioned] = []

    def read(self, version: int, patch: int) -> Flow | None:
        report, sources = self._report, self._sources
        mapping = load(sources.flow.file, sources.flow.text, report)
        translations = self._translations()
        bot = load(sources.bot.file, sources.bot.text, report) if sources.bot else None
        if mapping is None:
            return None
        fields = Fields(mapping, report)
        fields.only(FLOW_KEYS, of="A flow")
        name = self._name(fields)
        lang = self._lang(fields)
        if lang in translations:
            sentence = f"`{lang}` is the language of the flow itself: this file is not read."
            hint = f"Write `lang: ...` in {sources.flow.file} if it is another one."
            report.add(translations.pop(lang), "own_translation", sentence, hint, severity=Severity.WARNING)
        book = self.book = TextBook(lang, translations, report)
        library = Library({key: (source.file, source.text) for key, source in sources.library.items()}, report)
        actions = ActionReader(book, report, {*library.names, name} if library.names else ())
        self.mentioned = actions.mentioned
        title, intro = self._heads(fields, name)
        settings = self._settings(fields, bot, actions)
        synonyms = SynonymReader(book, report)
        questions = QuestionReader(book, report, settings.retry, synonyms, [], {})
        steps = StepReader(questions, actions, library)
        steps.read(fields.node("ask"), mapping)
        every = Asked(steps.names)
        score = tuple(read_score(fields, every))
        ends = OutcomeReader(actions)
        outcomes = ends.read(fields, every)
        self._check_wanted(questions.wanted, ends.nodes)
        book.finish()
        flow = Flow(
            name=name,
            lang=lang,
            langs=book.langs,
            title=title,
            steps=tuple(steps.steps),
            outcomes=outcomes,
            version=version,
            patch=patch,
            digest=sources.digest(),
            start=self._start(fields),
            intro=intro,
            score=score,
            commands=settings.commands,
            retry=settings.retry,
            silence=settings.silence,
            calls=settings.calls,
            faq=settings.faq,
        )
        synonyms.check(flow)
        check_call_backs(actions.called, dict(flow.questions), report)
        check_flow(flow, mapping, steps.ids(), ends.nodes, steps.names, report)
        return flow

    def _translations(self) -> dict[str, Mapping]:
        found = {}
        for lang, source in self._sources.translations.items():
            if lang not in LANGUAGES:
                sentence = f"The engine does not speak `{lang}`: its buttons and questions back would be missing."
                self._report.add(Node(source.file, 1, 1), "unknown_language", sentence, one_of(LANGUAGES))
            elif (tree := load_or_empty(source, self._report)) is not None:
                found[lang] = tree
        return found

    def _name(self, fields: Fields) -> str:
        node = fields.scalar("flow")
        if node is None:
            if fields.node("flow") is None:
                self._report.add(fields.mapping, "name_missing", "The flow has no name.", "Begin with `flow: name`.")
            return ""
        if not isinstance(node.value, str) or not ID.fullmatch(node.text):
            self._report.add(node, "bad_id", f"`{node.text}` is no name of a flow.", "Use a-z, 0-9 and _.")
        return node.text

    def _lang(self, fields: Fields) -> str:
        node = fields.scalar("lang")
        if node is None:
            return language_of(self._sources.flow.text)
        if node.text in LANGUAGES:
            return node.text
        sentence = f"The engine does not speak `{node.text}`."
        self._report.add(node, "unknown_language", sentence, meant(node.text, LANGUAGES) or one_of(LANGUAGES))
        return LANGUAGES[0]

    def _heads(self, fields: Fields, name: str) -> tuple[Texts, Texts | None]:
        assert self.book is not None
        title, intro = fields.node("title"), fields.node("intro")
        titles = self.book.texts("title", title, (), limit=200) if title is not None else None
        plain: Texts = dict.fromkeys(self.book.langs, name)
        return titles or plain, self.book.texts("intro", intro, ()) if intro is not None else None

    def _settings(self, fields: Fields, bot: Mapping | None, actions: ActionReader) -> Settings:
        settings = DEFAULTS
        if bot is not None:
            Fields(bot, self._report).only(KEYS, of="The shared settings")
            settings = read_settings(bot, settings, actions)
        return read_settings(fields.mapping, settings, actions)

    def _start(self, fields: Fields) -> Start:
        mapping = fields.mapping_of("start")
        if mapping is None:
            return Start()
        own = Fields(mapping, self._report)
        own.only(START_KEYS, of="`start`")
        words = tuple(word.text for word in own.scalars("words") or ())
        form = own.scalar("form")
        return Start(words, slug_of(form, self._report) if form else None, own.slug("calls"))

    def _check_wanted(self, wanted: list[Wanted], ends: Dict[str, Scalar]) -> None:
        for one in wanted:
            if one.outcome not in ends and one.outcome != "no_consent":
                hint = meant(one.outcome, ends) or (one_of(ends) if ends else None)
                self._report.add(one.node, "unknown_outcome", f"There is no outcome `{one.outcome}`.", hint)


def load_or_empty(source: Source, report: Report) -> Mapping | None:
    """A translation file. An empty one is a mapping without keys: everything is still to be translated."""
    bare = [line for line in source.text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return load(source.file, source.text, report) if bare else Mapping(source.file, 1, 1, ())
