"""What the hub writes to the people who work in it: an invitation, and the link that resets a password."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.model.account_link import AccountLink, LinkKind
from hub.model.project import Project

NAME_LIMIT = 128  # characters of a project's name


@dataclass(frozen=True, slots=True)
class Letter:
    """A plain letter."""

    subject: str
    text: str


_INVITATION = {
    "en": Letter(
        "Invitation to “{project}” in Switchboard",
        "Hello!\n\nYou are invited to work in the project “{project}”. Open this link to choose your name and password:"
        "\n\n{url}\n\nThe link works once, until {until}. If you did not expect this letter, do nothing.",
    ),
    "ru": Letter(
        "Приглашение в «{project}», Switchboard",
        "Здравствуйте!\n\nВас приглашают работать в проекте «{project}». Откройте ссылку, чтобы указать имя и пароль:"
        "\n\n{url}\n\nСсылка сработает один раз, до {until}. Если вы не ждали этого письма, ничего не делайте.",
    ),
}
_RESET = {
    "en": Letter(
        "A new password for Switchboard",
        "Hello!\n\nOpen this link to set a new password:\n\n{url}\n\nThe link works once, until {until}. You will be "
        "signed out everywhere. If you did not ask for it, do nothing: your password stays as it is.",
    ),
    "ru": Letter(
        "Новый пароль для Switchboard",
        "Здравствуйте!\n\nОткройте ссылку, чтобы задать новый пароль:\n\n{url}\n\nСсылка сработает один раз, до "
        "{until}. Сеансы на всех устройствах завершатся. Если вы об этом не просили, ничего не делайте: пароль "
        "останется прежним.",
    ),
}


def letter_with(link: AccountLink, url: str, project: Project, locale: str) -> Letter:
    """The letter that brings a link, in `locale` (`en` or `ru`)."""
    texts = _INVITATION if link.kind is LinkKind.INVITATION else _RESET
    letter = texts.get(locale, texts["en"])
    name = " ".join(project.name.split())[:NAME_LIMIT]
    until = _until(link.expires_at, project)
    values = {"{project}": name, "{url}": url, "{until}": until}
    return Letter(_filled(letter.subject, values), _filled(letter.text, values))


def _filled(text: str, values: dict[str, str]) -> str:
    for place, value in values.items():
        text = text.replace(place, value)
    return text


def _until(at: datetime, project: Project) -> str:
    return f"{at.astimezone(ZoneInfo(project.time_zone)):%d.%m.%Y %H:%M} ({project.time_zone})"
