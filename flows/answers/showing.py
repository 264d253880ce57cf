"""Showing: a stored answer as a person would write it in a language."""

from collections.abc import Mapping, Sequence
from datetime import date

from flows.answers.dates import show_date
from flows.answers.numbers import show_number
from flows.answers.phones import show_phone
from flows.answers.reading import Option
from flows.answers.yes_no import show_yes_no
from flows.session import Value


def show(kind: str, value: Value, lang: str, options: Sequence[Option] = ()) -> str:
    """`value` of a question of type `kind`; options that exist no more are shown by their codes."""
    labels = {option.code: option.label for option in options}
    if isinstance(value, tuple):
        return ", ".join(
            labels.get(item, item) if isinstance(item, str) else str(item.get("name", "")) for item in value
        )
    if isinstance(value, Mapping):
        return _show_place(value)
    match kind, value:
        case "consent" | "yesno", bool():
            return show_yes_no(value, lang)
        case "choice", str():
            return labels.get(value, value)
        case "phone", str():
            return show_phone(value, lang)
        case "date", str():
            return show_date(date.fromisoformat(value), lang)
        case _, str():
            return value
        case _, bool():
            return show_yes_no(value, lang)
        case _:
            return show_number(value, lang)


def _show_place(place: Mapping[str, str | float]) -> str:
    if "text" in place:
        return str(place["text"])
    return f"{place['latitude']:.6f}, {place['longitude']:.6f}"
