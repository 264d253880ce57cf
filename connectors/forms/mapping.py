"""What the fields of a form are: as the channel's mapping says, else by their names. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.forms.bodies import Body
from connectors.forms.config import Settings
from connectors.text import clean_name
from hub.model.contact import Field as ContactField
from hub.model.events import Sender

ADDRESS_KIND = "form"
EMAIL_KIND = "email"
PHONE_KIND = "phone"
VALUE_CHARACTERS = 1_000
PHONE_CHARACTERS = 40
_EMAIL = re.compile(r"[^@\s<>,;]{1,64}@[^@\s<>,;]{1,180}\.[^@\s<>,;.]{2,60}")
_UTM = re.compile(r"utm_[a-z]{1,32}")
_WORDS = re.compile(r"[\W_]+")
_EDGES = re.compile(r"^(?:your|ваш[ае]?|ваше?) | \d+$")
_KNOWN: Mapping[str, frozenset[str]] = {
    "name": frozenset({
        "name", "имя", "фио", "fio", "full name", "fullname", "first name", "firstname", "contact name", "client name",
        "имя и фамилия", "как вас зовут", "как к вам обращаться",
    }),
    "phone": frozenset({
        "phone", "тел", "телефон", "tel", "telephone", "mobile", "phone number", "phonenumber", "номер телефона",
        "мобильный", "мобильный телефон", "контактный телефон", "client phone",
    }),
    "email": frozenset({
        "email", "e mail", "mail", "почта", "эл почта", "электронная почта", "имейл", "email address",
        "адрес электронной почты",
    }),
    "text": frozenset({
        "message", "comment", "comments", "text", "textarea", "question", "сообщение", "комментарий", "комментарии",
        "вопрос", "текст", "текст сообщения", "как мы можем помочь",
    }),
    "wanted": frozenset({
        "wanted", "wanted time", "wanted at", "call time", "callback time", "call back time", "preferred time",
        "best time to call",
        "удобное время", "время звонка", "когда перезвонить", "когда позвонить", "время для звонка",
    }),
    "page": frozenset({"page", "page url", "source page", "страница", "адрес страницы"}),
}  # fmt: skip
_OWN = {f"contact.{name}": name for name in ("name", "phone", "email")}


@dataclass(frozen=True, slots=True)
class Understood:
    """What a submission says of its sender, and what is shown of it: lines of label and value in their order."""

    name: str | None
    phone: str | None
    email: str | None
    texts: tuple[str, ...]
    facts: tuple[ContactField, ...]
    card: tuple[tuple[str, str], ...]
    wanted: str = ""
    page: str = ""

    def sender(self, otherwise: str) -> Sender:
        """Who it comes from, by the address that they claim; `otherwise` names one who gave none.

        Nothing proves what somebody types: the address is claimed, and such an address never merges contacts.
        """
        kind, value = ADDRESS_KIND, otherwise
        if self.phone is not None:
            kind, value = PHONE_KIND, self.phone
        if self.email is not None:
            kind, value = EMAIL_KIND, self.email
        own = [
            ContactField(name=name, value=value)
            for name, value in (("email", self.email), ("phone", self.phone))
            if value is not None
        ]
        return Sender(kind=kind, value=value, name=self.name, verified=False, fields=(*own, *self.facts))

    @property
    def text(self) -> str:
        """The message: what was written, then every other field as a line."""
        lines = "\n".join(f"{label}: {value}" for label, value in self.card)
        return "\n\n".join(part for part in (*self.texts, lines) if part)


def target_of(name: str, label: str = "") -> str:
    """What a field is, told by its name or its label; `card` where neither tells."""
    last = re.sub(r"[\[\]]", " ", name).rpartition(".")[2].strip()
    if _UTM.fullmatch(last.lower()):
        return f"contact.{last.lower()}"
    for written in (last, name, label):
        plain = " ".join(_WORDS.sub(" ", written.casefold()).split())
        for target, known in _KNOWN.items():
            if plain in known or _EDGES.sub("", plain) in known:
                return target
    return "card"


def targets(body: Body, settings: Settings, source: str = "") -> dict[str, str]:
    """What each field of a submission is that came by the door `source`."""
    mapped = {one.field: _OWN.get(one.to, one.to) for one in settings.mapping_of(source)}
    return {
        name: mapped.get(name) or body.hints.get(name) or target_of(name, body.labels.get(name, ""))
        for name in body.fields
    }


def understand(body: Body, settings: Settings, source: str = "") -> Understood:
    """A submission by the mapping. What cannot be what the mapping says stays a line of the card."""
    names: list[str] = []
    texts: list[str] = []
    phone = email = None
    wanted = page = ""
    facts: dict[str, ContactField] = {}
    card: list[tuple[str, str]] = []
    for name, target in targets(body, settings, source).items():
        value, label = body.fields[name], body.labels.get(name, name)
        if not value or target == "hide":
            continue
        if target == "text":
            texts.append(value)
            continue
        card.append((label, value))
        if target == "name":
            names.append(value)
        elif target == "phone":
            phone = phone or phone_of(value, settings.region)
        elif target == "email":
            email = email or email_of(value)
        elif target == "wanted":
            wanted = wanted or clean_name(value, VALUE_CHARACTERS)
        elif target == "page":
            page = page or clean_name(value, VALUE_CHARACTERS)
        elif target.startswith("contact."):
            fact = target.removeprefix("contact.")
            facts[fact] = ContactField(name=fact, value=clean_name(value, VALUE_CHARACTERS))
    return Understood(
        clean_name(" ".join(names)) or None, phone, email, tuple(texts),
        tuple(fact for fact in facts.values() if fact.name not in ("phone", "email")), tuple(card),
        wanted, page,
    )  # fmt: skip


def email_of(value: str) -> str | None:
    """An address as it is compared, or None for what is none."""
    found = value.strip().lower()
    return found if _EMAIL.fullmatch(found) else None


def phone_of(value: str, region: str) -> str | None:
    """A number in E.164, or None for what is none."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(value[:PHONE_CHARACTERS], region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
