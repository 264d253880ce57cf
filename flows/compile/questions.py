"""Questions: the twelve types, their keys, and what each key must hold."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date

from flows.compile.fields import CODE, ID, Fields, meant, one_of, scalar_of
from flows.compile.scopes import KINDS, Asked
from flows.compile.settings import read_retry
from flows.compile.synonyms import SynonymReader
from flows.compile.texts import TextBook
from flows.conditions import RESERVED, Bound, Condition, Kind, Name
from flows.definition import Check, Option, Question, QuestionType, Retry, Texts
from flows.load import Mapping, Report, Scalar

TYPES = tuple(kind.value for kind in QuestionType)
STEP_WORDS = ("part", "say", "do", "use")
RESERVED_IDS = RESERVED | {"title", "intro", "script", "hint", "text", "if", "contact", *STEP_WORDS}
RESERVED_CODES = frozenset({"script", "hint", "check"})
ALWAYS = ("text", "hint", "script", "if", "link", "check", "retry")
KEYS: dict[QuestionType, tuple[str, ...]] = {
    QuestionType.CONSENT: ("else", "save"),
    QuestionType.YESNO: ("else", "optional", "save"),
    QuestionType.CHOICE: ("options", "synonyms", "optional", "save"),
    QuestionType.CHOICES: ("options", "synonyms", "max", "alone", "optional", "save"),
    QuestionType.TEXT: ("range", "optional", "save"),
    QuestionType.NUMBER: ("range", "optional", "save"),
    QuestionType.RATING: ("range", "optional", "save"),
    QuestionType.DATE: ("range", "optional", "save"),
    QuestionType.PHONE: ("optional", "save"),
    QuestionType.EMAIL: ("optional", "save"),
    QuestionType.FILE: ("accept", "max", "optional"),
    QuestionType.LOCATION: ("optional", "save"),
}
EVERY_KEY = tuple(dict.fromkeys((*ALWAYS, *(key for keys in KEYS.values() for key in keys))))
SAVE = re.compile(r"contact\.([a-z][a-z0-9_]{0,47})")
LABEL_BYTES = 64
"""What fits a button everywhere: Telegram's `callback_data` counts bytes, and longer labels are cut on phones."""
OPTION_LIMIT = 100
RATING_STEPS = 20
SAMPLE_DAY = date(2026, 1, 1)
"""Any day: the ends of a range that name `today` move together."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a question asks of the rest of the file, checked when all of it is read: the outcome of its `else`."""

    node: Scalar
    outcome: str


@dataclass(slots=True)
class QuestionReader:
    """Reads the questions of one file."""

    book: TextBook
    report: Report
    retry: Retry
    synonyms: SynonymReader
    wanted: list[Wanted]
    seen_texts: dict[tuple[str, str], Scalar]

    def read(self, mapping: Mapping, asked: Asked, relevant: Condition | None, part: int | None) -> Question | None:
        """The question at `mapping`; None when it is no question at all. `relevant` comes from a `use` around it."""
        head, kind = question_head(mapping, self.report)
        if head is None or kind is None:
            return None
        fields = Fields(mapping, self.report)
        self._refuse_keys(fields, kind, head)
        key = asked.prefix + head.text
        names = self._names(asked)
        text = self._text(fields, key, names)
        hint, script = fields.node("hint"), fields.node("script")
        own = Asked({**asked.names, head.text: name_of(mapping, kind)}, asked.later - {head.text}, asked.prefix)
        low, high = self._range(fields, kind, asked)
        question = Question(
            id=key,
            type=kind,
            text=text or {},
            hint=self.book.texts(f"{key}.hint", hint, names) if hint else None,
            script=self.book.texts(f"{key}.script", script, names) if script else None,
            relevant=self._relevant(fields, asked, relevant),
            optional=fields.flag("optional"),
            low=low,
            high=high,
            options=self._options(fields, kind, key),
            max=fields.count("max", most=OPTION_LIMIT),
            link=self._link(fields),
            accept=self._accept(fields),
            save=self._save(fields),
            checks=tuple(self._checks(fields, key, own)),
            retry=self._retry(fields),
            refuse=self._refuse(fields),
            part=part,
        )
        return self._with_alone(fields, question)

    def _names(self, asked: Asked) -> Collection[str]:
        return {asked.prefix + name for name in asked.names}

    def _refuse_keys(self, fields: Fields, kind: QuestionType, head: Scalar) -> None:
        allowed = (*ALWAYS, *KEYS[kind])
        for name, _ in fields.mapping.pairs[1:]:
            if name.text in EVERY_KEY and name.text not in allowed:
                sentence = f"A question of type `{kind}` has no `{name.text}`."
                self.report.add(name, "key_not_for_type", sentence, f"Remove it, or give `{head.text}` another type.")
            elif name.text not in EVERY_KEY:
                hint = meant(name.text, allowed) or one_of(allowed)
                self.report.add(name, "unknown_key", f"A question has no key `{name.text}`.", hint)

    def _text(self, fields: Fields, key: str, names: Collection[str]) -> Texts | None:
        node = fields.node("text")
        if node is None:
            self.report.add(fields.mapping, "empty_text", f"`{key}` asks nothing.", "Add `text: ...`.")
            return None
        if isinstance(node, Scalar):
            place = (self.book.lang, " ".join(node.text.split()).casefold())
            first = self.seen_texts.setdefault(place, node)
            if (first.file, first.line, first.column) != (node.file, node.line, node.column) and node.text.strip():
                sentence = f"The same text is asked in line {first.line} already."
                self.report.add(node, "duplicate_text", sentence, "Say what is different about this question.")
        return self.book.texts(key, node, names)

    def _relevant(self, fields: Fields, asked: Asked, around: Condition | None) -> Condition | None:
        node = fields.scalar("if")
        own = asked.condition(node, self.report) if node else None
        return both(around, own)

    def _range(self, fields: Fields, kind: QuestionType, asked: Asked) -> tuple[Bound | None, Bound | None]:
        node = fields.scalar("range")
        if kind is QuestionType.RATING and fields.node("range") is None:
            self.report.add(fields.mapping, "range_missing", "A rating needs its scale.", "Add `range: 0..10`.")
        if node is None or "range" not in KEYS[kind]:
            return None, None
        first, dots, last = node.text.partition("..")
        if not dots or not (first.strip() or last.strip()):
            sentence = f"`{node.text}` is no range."
            self.report.add(node, "wrong_value", sentence, "Write `1..100`, `1..` or `today..today+30`.")
            return None, None
        wanted = Kind.DATE if kind is QuestionType.DATE else Kind.NUMBER
        low = asked.bound(node, first, wanted, self.report, 0) if first.strip() else None
        high = asked.bound(node, last, wanted, self.report, len(first) + 2) if last.strip() else None
        self._check_range(node, kind, low, high)
        return low, high

    def _check_range(self, node: Scalar, kind: QuestionType, low: Bound | None, high: Bound | None) -> None:
        first, last = _sample(low), _sample(high)
        if first is not None and last is not None and first > last:
            sentence = "The range begins after its end: no answer fits."
            self.report.add(node, "min_above_max", sentence, "Write the smaller end first.")
        if kind is not QuestionType.RATING:
            return
        whole = first is not None and last is not None and first.is_integer() and last.is_integer()
        if not whole or not 0 < (last or 0) - (first or 0) <= RATING_STEPS:
            sentence = f"A rating goes between two whole numbers, at most {RATING_STEPS} apart."
            self.report.add(node, "wrong_value", sentence, "Write `range: 0..10`.")

    def _options(self, fields: Fields, kind: QuestionType, key: str) -> tuple[Option, ...]:
        if "options" not in KEYS[kind]:
            return ()
        mapping = fields.mapping_of("options")
        if mapping is None:
            if fields.node("options") is None:
                sentence = f"`{key}` has nothing to choose from."
                self.report.add(fields.mapping, "options_missing", sentence, "Add `options: {code: Label, ...}`.")
            return ()
        if not 1 < len(mapping.pairs) <= OPTION_LIMIT:
            sentence = f"A question has 2 to {OPTION_LIMIT} options, not {len(mapping.pairs)}."
            self.report.add(mapping, "wrong_value", sentence)
        found = []
        synonyms = self.synonyms.read(fields, key, [code.text for code, _ in mapping.pairs])
        for code, label in mapping.pairs:
            if not isinstance(code.value, str) or not CODE.fullmatch(code.text):
                sentence = f"`{code.text}` is no option code: a-z, 0-9 and _ in a text."
                self.report.add(code, "bad_code", sentence, f'Write `"{code.text}"` or a word such as `few`.')
            if code.text in RESERVED_CODES:
                self.report.add(code, "reserved_code", f"`{code.text}` cannot be an option code.", "Choose another.")
            if texts := self.book.texts(f"{key}.{code.text}", label, (), limit=200):
                found.append(Option(code.text, texts, synonyms[code.text]))
        return tuple(found)

    def _with_alone(self, fields: Fields, question: Question) -> Question:
        codes = [option.code for option in question.options]
        alone = self._alone(fields, codes) if question.type is QuestionType.CHOICES else ()
        if question.type is QuestionType.CHOICES and question.max and question.max > len(codes) > 0:
            node = fields.node("max") or fields.mapping
            sentence = f"`max` is {question.max}, but there are {len(codes)} options."
            self.report.add(node, "max_above_options", sentence, "Lower it, or leave it out.")
        return replace(question, alone=alone)

    def _alone(self, fields: Fields, codes: Collection[str]) -> tuple[str, ...]:
        found = []
        for node in fields.scalars("alone") or ():
            if node.text not in codes:
                hint = meant(node.text, codes) or one_of(codes)
                self.report.add(node, "unknown_code", f"There is no option `{node.text}`.", hint)
            else:
                found.append(node.text)
        return tuple(found)

    def _link(self, fields: Fields) -> str | None:
        node = fields.scalar("link")
        if node is not None and not node.text.startswith(("https://", "http://")):
            self.report.add(node, "wrong_value", f"`{node.text}` is no web address.", "Write `https://...`.")
            return None
        return node.text if node else None

    def _accept(self, fields: Fields) -> tuple[str, ...]:
        found = []
        for node in fields.scalars("accept") or ():
            word = node.text.lower().removeprefix(".")
            if not re.fullmatch(r"[a-z0-9]{1,10}", word):
                sentence = f"`{node.text}` is no kind of file."
                self.report.add(node, "wrong_value", sentence, "Write an extension such as `pdf`, or `image`.")
            else:
                found.append(word)
        return tuple(found)

    def _save(self, fields: Fields) -> str | None:
        node = fields.scalar("save")
        if node is None:
            return None
        if match := SAVE.fullmatch(node.text):
            return match[1]
        self.report.add(node, "wrong_value", f"`{node.text}` is no contact field.", "Write `save: contact.phone`.")
        return None

    def _checks(self, fields: Fields, key: str, asked: Asked) -> Iterable[Check]:
        mapping = fields.mapping_of("check")
        for number, (expression, message) in enumerate(mapping.pairs if mapping else (), 1):
            condition = asked.condition(expression, self.report)
            texts = self.book.texts(f"{key}.check.{number}", message, self._names(asked))
            if condition and texts:
                yield Check(condition, texts)

    def _retry(self, fields: Fields) -> Retry:
        mapping = fields.mapping_of("retry")
        return read_retry(Fields(mapping, self.report), self.retry) if mapping else self.retry

    def _refuse(self, fields: Fields) -> str | None:
        node = fields.scalar("else")
        if node is None:
            return None
        self.wanted.append(Wanted(node, node.text))
        return node.text


def _sample(bound: Bound | None) -> float | None:
    """What a bound is worth on a sample day; None for one that names answers."""
    if bound is None or bound.names:
        return None
    value = bound.value({"today": SAMPLE_DAY})
    return float(value.toordinal()) if isinstance(value, date) else None if value is None else float(value)


def question_head(mapping: Mapping, report: Report | None = None) -> tuple[Scalar | None, QuestionType | None]:
    """The id and the type of a question, from its first key. Faults are noted where there is a report."""
    report = report or Report()
    if not mapping.pairs:
        report.add(mapping, "empty_step", "The step is empty.", "Write `- id: type`.")
        return None, None
    head, value = mapping.pairs[0]
    kind = scalar_of(value, report, f"The type of `{head.text}`")
    if not isinstance(head.value, str) or not ID.fullmatch(head.text):
        sentence = f"`{head.text}` is no id: a-z, 0-9 and _, a letter first, 48 characters at most."
        report.add(head, "bad_id", sentence, "Write `- name: text`, the id first.")
        return None, None
    if head.text in RESERVED_IDS:
        sentence = f"`{head.text}` cannot be an id: the word has a meaning of its own."
        report.add(head, "reserved_id", sentence, f"Write `{head.text}_1`, or a better name.")
    if kind is None:
        return None, None
    if kind.text not in TYPES:
        hint = meant(kind.text, TYPES) or one_of(TYPES)
        report.add(kind, "unknown_type", f"There is no type `{kind.text}`.", hint)
        return None, None
    return head, QuestionType(kind.text)


def name_of(mapping: Mapping, kind: QuestionType) -> Name:
    """The question as expressions see it."""
    options = mapping.get("options")
    codes = tuple(key.text for key, _ in options.pairs) if isinstance(options, Mapping) else ()
    return Name(KINDS[kind], codes if kind in {QuestionType.CHOICE, QuestionType.CHOICES} else ())


def both(first: Condition | None, second: Condition | None) -> Condition | None:
    """A condition that holds when both hold; a missing one always does."""
    if first is None or second is None:
        return first or second
    one, other = first.test, second.test
    return Condition(
        f"({first.source}) and ({second.source})",
        first.names | second.names,
        lambda facts: one(facts) and other(facts),
        ("and", first.checked, second.checked),
    )
