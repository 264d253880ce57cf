"""Settings that flows share: commands, retry, silence, calls, frequent questions. A flow overrides key by key."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import time, timedelta

from flows.compile.actions import ActionReader
from flows.compile.fields import ID, Fields, meant, one_of
from flows.definition import Calls, Command, Do, EscalateTo, Faq, Hours, Retry, Silence
from flows.load import Mapping, Report, Scalar, Sequence
from flows.words import key_of

KEYS = ("commands", "retry", "silence", "calls", "faq")
BUILT_IN_WORDS = {
    "stop": ("стоп", "отписаться", "stop", "unsubscribe"),
    "operator": ("оператор", "человек", "operator", "human"),
    "back": ("назад", "back"),
    "skip": ("пропустить", "skip"),
    "restart": ("сначала", "restart"),
}
BUILT_IN_DO = {"stop": Do(opt_out=True), "operator": Do(escalate=EscalateTo())}
RETRY_KEYS = ("times", "then")
THEN = ("escalate", "skip")
SILENCE_KEYS = ("remind", "close", "quiet")
CALL_KEYS = ("attempts", "busy", "no_answer", "refused", "hours")
COMMAND_KEYS = ("words", "do")
FAQ_KEYS = ("words", "say")


@dataclass(frozen=True, slots=True)
class Settings:
    """What is left when the shared file and the flow's own keys have been merged."""

    commands: tuple[Command, ...]
    retry: Retry
    silence: Silence
    calls: Calls
    faq: tuple[Faq, ...] = ()


def command(name: str, words: Iterable[str], do: Do | None = None) -> Command:
    """A command with its words as they are compared. Its own name counts too, for `/name`."""
    kept = tuple(words)
    return Command(name, kept, frozenset(key for word in kept if (key := key_of(word))), do)


DEFAULTS = Settings(
    commands=tuple(command(name, words, BUILT_IN_DO.get(name)) for name, words in BUILT_IN_WORDS.items()),
    retry=Retry(),
    silence=Silence((timedelta(hours=2), timedelta(days=1)), timedelta(days=3), Hours(time(21), time(9))),
    calls=Calls(hours=Hours(time(10), time(19))),
)


def read_settings(mapping: Mapping, base: Settings, actions: ActionReader) -> Settings:
    """`base` with what `mapping` says otherwise."""
    fields = Fields(mapping, actions.report)
    retry, silence, calls = (fields.mapping_of(key) for key in ("retry", "silence", "calls"))
    report = actions.report
    return Settings(
        commands=_commands(fields, base.commands, actions),
        retry=read_retry(Fields(retry, report), base.retry) if retry else base.retry,
        silence=_silence(Fields(silence, report), base.silence) if silence else base.silence,
        calls=_calls(Fields(calls, report), base.calls) if calls else base.calls,
        faq=(*base.faq, *_faq(fields, actions)),
    )


def read_retry(fields: Fields, base: Retry) -> Retry:
    """`{times: 2, then: escalate}`."""
    fields.only(RETRY_KEYS, of="`retry`")
    times = fields.count("times", least=0, most=10)
    then = fields.scalar("then")
    if then is not None and then.text not in THEN:
        sentence = f"`then` cannot be `{then.text}`."
        fields.report.add(then, "wrong_value", sentence, meant(then.text, THEN) or one_of(THEN))
        then = None
    return Retry(base.times if times is None else times, then.text if then else base.then)


def _silence(fields: Fields, base: Silence) -> Silence:
    fields.only(SILENCE_KEYS, of="`silence`")
    found = base
    if (remind := fields.durations("remind")) is not None:
        found = replace(found, remind=remind)
    if (close := fields.duration("close")) is not None:
        found = replace(found, close=close)
    if (quiet := fields.hours("quiet")) is not None:
        found = replace(found, quiet=quiet)
    if list(found.remind) != sorted(found.remind) or (found.close and any(one >= found.close for one in found.remind)):
        sentence = "Reminders come one after another, and all before `close`."
        fields.report.add(fields.mapping, "wrong_order", sentence, "Write `remind: [2h, 1d], close: 3d`.")
    return found


def _calls(fields: Fields, base: Calls) -> Calls:
    fields.only(CALL_KEYS, of="`calls`")
    return Calls(
        attempts=fields.count("attempts", most=50) or base.attempts,
        busy=fields.duration("busy") or base.busy,
        no_answer=fields.duration("no_answer") or base.no_answer,
        refused=fields.duration("refused") or base.refused,
        hours=fields.hours("hours") or base.hours,
    )


def _commands(fields: Fields, base: tuple[Command, ...], actions: ActionReader) -> tuple[Command, ...]:
    mapping = fields.mapping_of("commands")
    found = {one.name: one for one in base}
    for key, value in mapping.pairs if mapping else ():
        if not ID.fullmatch(key.text) or not isinstance(value, Mapping):
            sentence = f"The command `{key.text}` is an id with `words`."
            actions.report.add(key, "wrong_value", sentence, "Write `stop: {words: [stop]}`.")
            continue
        own = Fields(value, actions.report)
        own.only(COMMAND_KEYS, of="A command")
        node = own.node("do")
        do = actions.read(node, ()) if node is not None else BUILT_IN_DO.get(key.text)
        if do is None and key.text not in BUILT_IN_WORDS:
            sentence = f"`{key.text}` is no built-in command, and does nothing."
            actions.report.add(key, "command_without_do", sentence, meant(key.text, BUILT_IN_WORDS) or "Add `do`.")
        words = [word.text for word in own.scalars("words") or ()]
        if not words:
            actions.report.add(key, "words_missing", f"`{key.text}` has no words.", "Add `words: [...]`.")
        found[key.text] = command(key.text, words, do)
    commands = tuple(found.values())
    if mapping is not None:
        _refuse_shared_words(mapping, commands, actions.report)
    return commands


def _refuse_shared_words(mapping: Mapping, commands: tuple[Command, ...], report: Report) -> None:
    owner: dict[str, str] = {}
    for one in commands:
        for word in sorted(one.keys):
            first = owner.setdefault(word, one.name)
            if first != one.name:
                sentence = f"`{word}` is a word of two commands: `{first}` and `{one.name}`."
                report.add(mapping, "duplicate_word", sentence, "Leave it to one of them.")


def _faq(fields: Fields, actions: ActionReader) -> Iterable[Faq]:
    node = fields.node("faq")
    if node is None:
        return
    if not isinstance(node, Sequence):
        actions.report.add(node, "wrong_value", "`faq` is a list.", "Write `- words: [price]` and `say: ...` below.")
        return
    for item in node.items:
        if not isinstance(item, Mapping):
            actions.report.add(item, "wrong_value", "An entry of `faq` has `words` and `say`.")
            continue
        own = Fields(item, actions.report)
        own.only(FAQ_KEYS, of="An entry of `faq`")
        words = own.scalars("words")
        say = own.node("say")
        if not words or say is None:
            actions.report.add(
                item, "faq_incomplete", "An entry of `faq` has `words` and `say`.", "Add what is missing."
            )
            continue
        texts = actions.book.by_language(say, (), f"faq.{words[0].text}")
        keys = tuple(key for word in words if (key := _key(word, actions.report)))
        if texts and keys:
            yield Faq(tuple(word.text for word in words), keys, texts)


def _key(word: Scalar, report: Report) -> str:
    key = key_of(word.text)
    if not key:
        report.add(word, "wrong_value", f"`{word.text}` has neither letters nor digits.")
    return key
