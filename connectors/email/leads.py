"""Notifications of call-back widgets and other systems that only send mails: read by a mapping, as a wish to be called.

No widget publishes what its mails look like (CallbackHunter, Newton), so nothing of theirs is written down here: the
labels are the usual words (`lead_labels.json`), and a channel adds those that it sees. Pure.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.email.config import LeadMails
from connectors.email.mime import Mail, usual_address
from connectors.text import clean_name, cut
from hub.model.contact import Field as ContactField
from hub.model.content import Details
from hub.model.events import MessageReceived, Sender
from hub.model.task import CallBackWish

LINES = 200
VALUE_CHARACTERS, REASON_CHARACTERS, PHONES_TRIED = 1_000, 500, 5
LABELS: Mapping[str, str] = {
    label: target
    for target, labels in json.loads(Path(__file__).with_name("lead_labels.json").read_text(encoding="utf-8")).items()
    for label in labels
}
_SIGNS = re.compile(r"[\W_]*")
_LINE = re.compile(r"([^:=–—\n]{1,60}?)\s*(?::|=|–|—| - )\s*(\S.*)$")
_LINK = re.compile(r"https?://[^\s)>\]]+")
_UTM = re.compile(r"[?&](utm_[a-z]{1,32})=([^&#\s]{1,200})")


@dataclass(frozen=True, slots=True)
class Lead:
    """What a notification says, as far as it was found."""

    phone: str
    name: str | None
    email: str | None
    wanted: str
    page: str
    text: str
    facts: tuple[ContactField, ...]


def rule_for(mail: Mail, sender: str, rules: Sequence[LeadMails]) -> LeadMails | None:
    """The rule by which a mail is a lead: its sender's address or domain, and words of the subject."""
    for rule in rules:
        wanted = rule.sender.lower()
        same = sender == wanted if not wanted.startswith("@") else sender.endswith(wanted)
        if same and rule.subject.casefold() in mail.subject.casefold():
            return rule
    return None


def lead_of(text: str, rule: LeadMails) -> Lead | None:
    """The lead in the text of a mail; None where there is no number to call: then it is a mail like any other."""
    found: dict[str, str] = {}
    labels = {**LABELS, **{label.casefold().strip(): target for label, target in rule.labels.items()}}
    for label, value in _lines(text):
        target = labels.get(label)
        if target is not None:
            found.setdefault(target, cut(value, VALUE_CHARACTERS))
    phone = _phone(found.get("phone", ""), rule.region) or _phone(text, rule.region)
    if phone is None:
        return None
    link = _LINK.search(found.get("page", ""))
    page = link[0] if link else found.get("page", "")
    facts = dict(_UTM.findall(page))
    facts |= {name.removeprefix("contact."): value for name, value in found.items() if name.startswith("contact.")}
    return Lead(
        phone=phone, name=clean_name(found.get("name", "")) or None, email=usual_address(found.get("email", "")),
        wanted=clean_name(found.get("wanted", ""), 200), page=clean_name(page, VALUE_CHARACTERS),
        text=found.get("text", ""),
        facts=tuple(ContactField(name=name, value=clean_name(value, 200)) for name, value in facts.items()),
    )  # fmt: skip


def as_lead(message: MessageReceived, lead: Lead, rule: LeadMails) -> MessageReceived:
    """The mail as the wish of whoever it is about: their address, not the widget's, and nobody waits in vain.

    Nothing proves what a mail says: the address is claimed.
    """
    kind, value = ("email", lead.email) if lead.email else ("phone", lead.phone)
    own = [ContactField(name="phone", value=lead.phone)]
    own += [ContactField(name="email", value=lead.email)] if lead.email else []
    wish = CallBackWish(
        phone=lead.phone, wanted=lead.wanted, page=lead.page, reason=cut(lead.text, REASON_CHARACTERS),
        within_s=rule.within_s,
    )  # fmt: skip
    details = (message.details or Details()).model_copy(update={"call_back": wish})
    sender = Sender(kind=kind, value=value, name=lead.name, verified=False, fields=(*own, *lead.facts))
    change = {"sender": sender, "details": details, "threading": None, "automatic": False}
    return message.model_copy(update=change)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """Label and value: on one line (`Phone: ...`), or one below the other, as tables come out."""
    lines = [line.strip(" \t*•|>-") for line in text.splitlines()[:LINES]]
    for number, line in enumerate(lines):
        if match := _LINE.match(_SIGNS.sub("", line, count=1)):
            yield match[1].casefold().strip(), match[2].strip()
        elif number + 1 < len(lines) and line and lines[number + 1]:
            yield line.rstrip(":").casefold().strip(), lines[number + 1]
        for label in LABELS:  # a cell beside another: `Phone +7 ...`
            if line.casefold().startswith(f"{label} ") and ":" not in line[: len(label) + 2]:
                yield label, line[len(label) + 1 :].strip()


def _phone(text: str, region: str) -> str | None:
    """The first number in a text, in E.164."""
    import phonenumbers

    for match in phonenumbers.PhoneNumberMatcher(text[:20_000], region, max_tries=PHONES_TRIED):
        return phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
    return None
