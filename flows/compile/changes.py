"""What differs between two versions of a flow's files: texts alone, or what the flow does.

A whitelist of texts: whatever is not known to be a text counts as logic, so that a new key is on the safe side.
"""

from flows.compile.sources import Source, Sources
from flows.load import Mapping, Report, Scalar, Sequence, Tree, load

TEXT = "text"
Plain = object
HEAD_TEXTS = frozenset({"say", "part"})
STEP_TEXTS = frozenset({"text", "hint", "script", "synonyms"})
OUTCOME_TEXTS = frozenset({"say"})


def text_only_change(old: Sources, new: Sources) -> bool:
    """Whether `new` differs from `old` in texts alone, so that it may reach sessions that are under way.

    Texts are title, intro, headings, questions, hints, scripts, labels and synonyms of options, messages of checks,
    what outcomes and frequent questions say, and translations; a further language too, but not one fewer. All else
    is logic.
    """
    if not set(old.translations) <= set(new.translations):
        return False
    before, after = _logic(old), _logic(new)
    return before is not None and before == after


def _logic(sources: Sources) -> Plain | None:
    """Everything but the texts, as plain values; None for files that cannot be read."""
    report = Report()
    flow = _loaded(sources.flow, report)
    bot = _loaded(sources.bot, report) if sources.bot else None
    if report.failed or flow is None:
        return None
    parts: list[Plain] = [_of_flow(flow), _of_settings(bot) if bot else None]
    for name in sorted(_used(flow, sources)):
        inner = _loaded(sources.library[name], report)
        parts.append((name, _of_steps(inner.get("ask")) if inner else None))
    return parts


def _loaded(source: Source, report: Report) -> Mapping | None:
    return load(source.file, source.text, report)


def _used(flow: Mapping, sources: Sources) -> set[str]:
    """The names of the flows that are inlined, those within them too."""
    found: set[str] = set()
    waiting = [flow]
    while waiting:
        ask = waiting.pop().get("ask")
        for item in ask.items if isinstance(ask, Sequence) else ():
            name = item.get("use") if isinstance(item, Mapping) else None
            if isinstance(name, Scalar) and name.text in sources.library and name.text not in found:
                found.add(name.text)
                inner = _loaded(sources.library[name.text], Report())
                waiting += [inner] if inner else []
    return found


def _of_flow(flow: Mapping) -> Plain:
    found: dict[str, Plain] = {}
    for key, value in flow.pairs:
        match key.text:
            case "title" | "intro":
                found[key.text] = TEXT
            case "ask":
                found["ask"] = _of_steps(value)
            case "outcomes":
                found["outcomes"] = _of_items(value, OUTCOME_TEXTS)
            case "faq":
                found["faq"] = _of_items(value, OUTCOME_TEXTS)
            case _:
                found[key.text] = _plain(value)
    return found


def _of_settings(bot: Mapping) -> Plain:
    return {
        key.text: _of_items(value, OUTCOME_TEXTS) if key.text == "faq" else _plain(value) for key, value in bot.pairs
    }


def _of_steps(ask: Tree | None) -> Plain:
    if not isinstance(ask, Sequence):
        return None
    return [_of_step(item) for item in ask.items]


def _of_step(item: Tree) -> Plain:
    if not isinstance(item, Mapping) or not item.pairs:
        return _plain(item)
    found: list[tuple[str, Plain]] = []
    for key, value in item.pairs:
        if key.text in HEAD_TEXTS:
            found.append((key.text, TEXT))
        elif key.text in STEP_TEXTS:
            continue
        elif key.text == "options" and isinstance(value, Mapping):
            found.append((key.text, [code.text for code, _ in value.pairs]))
        elif key.text == "check" and isinstance(value, Mapping):
            found.append((key.text, [expression.text for expression, _ in value.pairs]))
        else:
            found.append((key.text, _plain(value)))
    head, *others = found
    return [head, *sorted(others, key=lambda pair: pair[0])]


def _of_items(node: Tree, texts: frozenset[str]) -> Plain:
    """A list of mappings, some keys of which are texts."""
    if not isinstance(node, Sequence):
        return _plain(node)
    return [
        [(key.text, TEXT if key.text in texts else _plain(value)) for key, value in item.pairs]
        if isinstance(item, Mapping)
        else _plain(item)
        for item in node.items
    ]


def _plain(node: Tree) -> Plain:
    match node:
        case Mapping():
            return [(key.text, _plain(value)) for key, value in node.pairs]
        case Sequence():
            return [_plain(item) for item in node.items]
        case _:
            return node.text
