"""Synonyms: further words for the options of a question, and whether each of them means one option only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from flows.answers.choices import number_in
from flows.answers.cleaning import name_of
from flows.compile.fields import Fields, meant, one_of, scalar_of
from flows.compile.texts import TextBook
from flows.definition import Flow, Question, Words
from flows.load import Report, Scalar, Sequence, Tree

KEY = "synonyms"
WORD_LIMIT = 30
"""Words of one option in one language: more of them are a list of something, not synonyms."""
WORD_CHARACTERS = 100


@dataclass(frozen=True, slots=True)
class _Word:
    """A synonym where it stands."""

    question: str
    code: str
    lang: str
    text: str
    node: Scalar


@dataclass(slots=True)
class SynonymReader:
    """Reads `synonyms: {code: [word, ...]}` and its translations, `<id>.<code>.synonyms`."""

    book: TextBook
    report: Report
    _words: list[_Word] = field(default_factory=list)

    def read(self, fields: Fields, key: str, codes: Collection[str]) -> Mapping[str, Words]:
        """The words by code and language, for the question `key` with these options."""
        mapping = fields.mapping_of(KEY)
        for code, _ in mapping.pairs if mapping else ():
            if code.text not in codes:
                hint = meant(code.text, codes) or one_of(codes)
                self.report.add(code, "unknown_code", f"There is no option `{code.text}`.", hint)
        return {code: self._of(key, code, mapping.get(code) if mapping else None) for code in codes}

    def _of(self, key: str, code: str, node: Tree | None) -> Words:
        found = {}
        for lang, written in self.book.words(f"{key}.{code}.{KEY}", node).items():
            words = self._listed(written)
            self._words += [_Word(key, code, lang, text, place) for text, place in words]
            found[lang] = tuple(text for text, _ in words)
        return found

    def _listed(self, node: Tree) -> list[tuple[str, Scalar]]:
        """The words at `node`: a list, or one text with commas. Complains about those that can mean nothing."""
        if isinstance(node, Sequence):
            read = [scalar_of(item, self.report, f"An entry of `{KEY}`") for item in node.items]
            words = [(" ".join(one.text.split()), one) for one in read if one is not None]
        else:
            one = scalar_of(node, self.report, f"`{KEY}`")
            words = [(" ".join(word.split()), one) for word in one.text.split(",") if word.strip()] if one else []
        if len(words) > WORD_LIMIT:
            self.report.add(node, "wrong_value", f"An option has at most {WORD_LIMIT} synonyms, not {len(words)}.")
        for text, place in words:
            if not name_of(text):
                self.report.add(place, "wrong_value", f"`{text}` has neither letters nor digits.")
            elif len(text) > WORD_CHARACTERS:
                sentence = f"A synonym has at most {WORD_CHARACTERS} characters, not {len(text)}."
                self.report.add(place, "wrong_value", sentence)
        return words

    def check(self, flow: Flow) -> None:
        """Complain about words that mean another option too, or that a command takes before any question sees them."""
        commands = {name_of(word): command.name for command in flow.commands for word in command.words}
        owners: dict[tuple[str, str], str] = {}
        for word in self._words:
            question = flow.questions.get(word.question)
            if question is None:
                continue
            key = name_of(word.text)
            where = "" if word.lang == flow.lang else f" (in `{word.lang}`)"
            first = owners.setdefault((question.id, key), word.code)
            if other := _other_meaning(question, word) or (f"a synonym of `{first}`" if first != word.code else None):
                sentence = f"The synonym `{word.text}`{where} is {other} too."
                self.report.add(word.node, "synonym_clash", sentence, "Leave it to one of them.")
            elif key in commands:
                sentence = f"The synonym `{word.text}`{where} is a word of the command `{commands[key]}`."
                hint = "Word it differently, or change the command's words."
                self.report.add(word.node, "synonym_is_command", sentence, hint)


def _other_meaning(question: Question, word: _Word) -> str | None:
    """What else the word is: the label, the code or the number of another option."""
    key = name_of(word.text)
    number = number_in(word.text)
    for place, option in enumerate(question.options, 1):
        if option.code == word.code:
            continue
        if key in {name_of(label) for label in option.label.values()}:
            return f"the label of `{option.code}`"
        if key == name_of(option.code):
            return f"the code `{option.code}`"
        if number == place:
            return f"the number of `{option.code}`"
    return None
