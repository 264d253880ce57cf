"""The pages of a form as HTML. What comes from outside is escaped here, in `tag` and `text`, and nowhere else."""

import json
from collections.abc import Mapping, Sequence
from html import escape

from pydantic import JsonValue

from flows.pages import Field, Note, Page
from flows.session import Value
from hub.services.forms import Filling
from hub.web.forms.words import Words, words

SELECT_FROM = 9
"""From so many options on a list is easier to read than radio buttons."""
HONEYPOT = "website"
SHOWN = "shown"
LONG_TEXT = 40  # characters of a question whose answer is likely a paragraph
_INPUTS = {"phone": "tel", "email": "email", "date": "date", "number": "text", "location": "text"}
_AUTOCOMPLETE = {"phone": "tel", "email": "email"}

Way = tuple[str, str]
"""A channel that one can go on in: its kind and the address."""
Given = Mapping[str, str | Sequence[str]]
"""What was filled in and not taken, by question: shown again."""


def text(value: object) -> str:
    """Escaped text."""
    return escape(str(value))


def tag(name: str, /, *children: str, **attributes: str | bool | None) -> str:
    """An element. `_` at the end of an attribute's name keeps Python's words apart, others stand for `-`."""
    shown = "".join(
        f" {key.rstrip('_').replace('_', '-')}"
        if value is True
        else f' {key.rstrip("_").replace("_", "-")}="{text(value)}"'
        for key, value in attributes.items()
        if value not in (None, False)
    )
    if name in ("input", "meta", "link"):
        return f"<{name}{shown}>"
    return f"<{name}{shown}>{''.join(children)}</{name}>"


def document(title: str, lang: str, body: str, *, script: bool = True) -> str:
    """A whole page."""
    head = [
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="robots", content="noindex"),
        tag("title", text(title)),
        tag("link", rel="stylesheet", href="/static/form.css"),
        tag("link", rel="icon", href="/static/inbox/icon.svg"),
    ]
    if script:
        head.append(tag("script", src="/static/form.js", defer=True))
    return f'<!doctype html><html lang="{text(lang)}"><head>{"".join(head)}</head><body>{body}</body></html>'


def page_of(
    filling: Filling,
    page: Page,
    *,
    action: str,
    stamp: str,
    given: Given,
    faults: Mapping[str, str],
    notice: str | None,
    link: str | None,
    ways: Sequence[Way] = (),
    challenge: Mapping[str, JsonValue] | None = None,
) -> str:
    """One page of a form, with what is wrong in it. `link` is where it can be finished later, `ways` where else."""
    lang = filling.session.lang
    say = words(lang)
    shown = filling.pages
    number = next(n for n, one in enumerate(shown) if one.number == page.number)
    last = number == len(shown) - 1
    flow = filling.hosted.flow
    intro = flow.intro[lang] if flow.intro is not None and number == 0 else None
    summary = notice or (say.wrong if faults else None)
    parts = [
        tag("h1", text(flow.title[lang])),
        _progress(number + 1, len(shown), say) if len(shown) > 1 else "",
        tag("p", text(intro), class_="intro") if intro else "",
        tag("p", text(summary), class_="summary", role="alert", tabindex="-1", id="summary") if summary else "",
        tag("h2", text(page.heading)) if page.heading else "",
        *(_item(item, say, given, faults) for item in page.items),
        tag("input", type="hidden", name="stamp", value=stamp),
        _proof(challenge, say),
        tag("input", type="hidden", name="turn", value=str(filling.session.turn)),
        tag("input", type="hidden", name="page", value=str(page.number)),
        # The script takes it away: with it the page shows by itself what an answer makes relevant.
        tag("input", type="hidden", name=SHOWN, value=",".join(_shown(page, faults))),
        # Nobody sees it, so that whoever fills it in is no person.
        tag(
            "p",
            tag("label", "Website", tag("input", name=HONEYPOT, autocomplete="off", tabindex="-1")),
            class_="trap",
            aria_hidden="true",
        ),
        tag(
            "p",
            tag("a", text(say.back), href=f"{action}?page={shown[number - 1].number}", class_="back") if number else "",
            tag("button", text(say.send if last else say.next), type="submit"),
            class_="actions",
        ),
        tag("p", text(say.later), " ", tag("a", text(link), href=link), class_="later") if link else "",
        _elsewhere(ways, say),
    ]
    form = tag(
        "form", *parts, method="post", action=action, enctype="multipart/form-data", novalidate=True,
        data_known=json.dumps(filling.facts, ensure_ascii=False),
    )  # fmt: skip
    return document(flow.title[lang], lang, tag("main", form))


def farewell(filling: Filling, ways: Sequence[Way] = ()) -> str:
    """The page after the last one."""
    lang = filling.session.lang
    say, flow = words(lang), filling.hosted.flow
    body = tag(
        "main",
        tag("h1", text(say.thanks)),
        tag("p", text(filling.farewell or say.done), class_="intro"),
        _elsewhere(ways, say),
        class_="over",
    )
    return document(flow.title[lang], lang, body)


def _proof(challenge: Mapping[str, JsonValue] | None, say: Words) -> str:
    """The field that the script fills in with a proof of work, and a word for those without scripts."""
    if challenge is None:
        return ""
    field = tag("input", type="hidden", name="altcha", value="", data_challenge=json.dumps(challenge))
    return field + tag("noscript", tag("p", text(say.scripts), class_="summary"))


def _elsewhere(ways: Sequence[Way], say: Words) -> str:
    """Where the answers can be taken along, by one click."""
    labels = {"telegram": say.telegram, "webchat": say.chat}
    links = [
        tag("a", text(labels[kind]), href=url, class_="way", target="_blank", rel="noopener")
        for kind, url in ways if kind in labels
    ]  # fmt: skip
    return tag("p", *links, class_="ways") if links else ""


def gone(lang: str) -> str:
    """There is no such form."""
    say = words(lang)
    return document(say.gone, lang, tag("main", tag("h1", text(say.gone)), tag("p", text(say.gone_more))), script=False)


def _progress(number: int, count: int, say: Words) -> str:
    label = say.step.format(n=number, all=count)
    return tag(
        "p",
        tag("span", text(label)),
        tag("progress", max=str(count), value=str(number), aria_label=label),
        class_="step",
    )


def _shown(page: Page, faults: Mapping[str, str]) -> list[str]:
    return [one.prompt.question for one in page.fields if one.shows or one.prompt.question in faults]


def _item(item: Field | Note, say: Words, given: Given, faults: Mapping[str, str]) -> str:
    relevant = json.dumps(item.relevant, ensure_ascii=False) if item.relevant is not None else None
    if isinstance(item, Note):
        return tag("p", text(item.text), class_="note", data_if=relevant, hidden=not item.shows)
    return _field(item, say, given, faults.get(item.prompt.question), relevant)


def _field(field: Field, say: Words, given: Given, fault: str | None, relevant: str | None) -> str:
    prompt = field.prompt
    name = prompt.question
    hints = [prompt.hint]
    if prompt.multiple and prompt.max_choices:
        hints.append(say.at_most.format(n=prompt.max_choices))
    if prompt.accept:
        hints.append(say.accepted.format(list=", ".join(prompt.accept)))
    hint = " ".join(one for one in hints if one)
    described = " ".join(part for part, is_there in ((f"{name}-hint", hint), (f"{name}-fault", fault)) if is_there)
    shared: dict[str, str | bool | None] = {
        "aria_describedby": described or None,
        "aria_invalid": "true" if fault else None,
        "aria_required": None if prompt.optional else "true",
    }
    optional = tag("span", f" ({text(say.optional)})", class_="fine") if prompt.optional else ""
    values = _values(field, given)
    below = [
        tag("p", text(hint), class_="fine", id=f"{name}-hint") if hint else "",
        tag("p", tag("a", text(say.more), href=prompt.link, target="_blank", rel="noopener noreferrer"), class_="fine")
        if prompt.link
        else "",
        tag("p", text(fault), class_="fault", id=f"{name}-fault") if fault else "",
    ]
    outer: dict[str, str | bool | None] = {
        "class_": f"field {prompt.type}", "data_question": name, "data_type": prompt.type, "data_if": relevant,
        "hidden": not (field.shows or fault),
    }  # fmt: skip
    choices = _choices(field, say)
    if choices and (prompt.type != "choice" or len(choices) < SELECT_FROM):
        kind = "checkbox" if prompt.multiple else "radio"
        boxes = "".join(
            tag(
                "label",
                tag("input", type=kind, name=name, value=value, checked=value in values),
                tag("span", text(label)),
            )
            for value, label in choices
        )
        group = tag("div", boxes, class_="options")
        alone = json.dumps(prompt.alone) if prompt.alone else None
        if prompt.multiple:  # a group of boxes is not required, each of them could be
            shared = {**shared, "aria_required": None, "aria_invalid": None}
        role = None if prompt.multiple else "radiogroup"
        most = str(prompt.max_choices) if prompt.max_choices else None
        return tag(
            "fieldset", tag("legend", text(prompt.text), optional), group, *below,
            **outer, **shared, role=role, data_alone=alone, data_max=most,
        )  # fmt: skip
    label = tag("label", text(prompt.text), optional, for_=name)
    return tag("div", label, _input(field, say, choices, values, shared), *below, **outer)


def _input(
    field: Field,
    say: Words,
    choices: Sequence[tuple[str, str]],
    values: Sequence[str],
    shared: Mapping[str, str | bool | None],
) -> str:
    prompt = field.prompt
    name, value = prompt.question, values[0] if values else ""
    low, high = prompt.limits
    if choices:
        options = [tag("option", text(say.choose), value="")] + [
            tag("option", text(label), value=code, selected=code in values) for code, label in choices
        ]
        return tag("select", *options, id=name, name=name, **shared)
    if prompt.type == "text" and len(prompt.text) > LONG_TEXT:
        return tag("textarea", text(value), id=name, name=name, rows="3", **shared)
    if prompt.type == "file":
        received = tag("p", text(say.chosen.format(name=field.shown)), class_="fine") if field.answer else ""
        return tag("input", type="file", id=name, name=name, **shared) + received
    locate = (
        tag("button", text(say.locate), type="button", class_="locate", hidden=True)
        if prompt.type == "location"
        else ""
    )
    return (
        tag(
            "input", type=_INPUTS.get(prompt.type, "text"), id=name, name=name, value=value,
            inputmode="decimal" if prompt.type == "number" else None,
            autocomplete=_AUTOCOMPLETE.get(prompt.type),
            min=low if prompt.type == "date" else None, max=high if prompt.type == "date" else None, **shared,
        )
        + locate
    )  # fmt: skip


def _choices(field: Field, say: Words) -> Sequence[tuple[str, str]]:
    """Value and label of what can be ticked."""
    prompt = field.prompt
    if prompt.type in ("consent", "yesno"):
        return (("yes", say.yes), ("no", say.no))
    if prompt.type == "rating":
        return [
            (choice.label, choice.label)
            for choice in prompt.choices
            if choice.code is not None or choice.label.isdigit()
        ]
    if prompt.type in ("choice", "choices"):
        return [(choice.code, choice.label) for choice in prompt.choices if choice.code is not None]
    return ()


def _values(field: Field, given: Given) -> Sequence[str]:
    """What stands in the field: what was just sent, else the answer from before."""
    name = field.prompt.question
    if name in given:
        value = given[name]
        return [value] if isinstance(value, str) else list(value)
    answer = field.answer
    return _written(answer.value, field) if answer is not None and answer.value is not None else []


def _written(value: Value, field: Field) -> Sequence[str]:
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    if isinstance(value, tuple):
        return [item for item in value if isinstance(item, str)]
    if isinstance(value, Mapping):
        return [field.shown]
    return [str(value)]
