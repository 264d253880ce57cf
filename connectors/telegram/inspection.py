"""What Telegram says of a bot and its webhook, in lines that an admin reads. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.reasons import sentence
from connectors.telegram.business import Account
from connectors.telegram.config import Mode, Settings
from connectors.telegram.group import GroupFacts
from hub.model.why import Why


@dataclass(frozen=True, slots=True)
class Me:
    """The bot itself."""

    id: int
    username: str
    name: str
    reads_groups: bool
    business: bool


def described(
    me: Me,
    webhook: Mapping[str, Any],
    settings: Settings,
    group: GroupFacts | Why | None = None,
    accounts: Sequence[Account] = (),
) -> Sequence[tuple[str, str]]:
    """Names and values, the odd things in words. `group`: the operators' group, or why nothing is known of it."""
    lines = [
        ("bot", f"{me.name} (@{me.username}, {me.id})"),
        ("reads all messages of groups", _yes(me.reads_groups)),
        ("business", _yes(me.business)),
        ("mode", settings.mode.value),
        ("webhook", str(webhook.get("url") or "none")),
        ("updates that wait", str(webhook.get("pending_update_count", 0))),
    ]
    lines += [(f"business account of {account.owner}", account.standing()) for account in accounts]
    if webhook.get("last_error_message"):
        at = datetime.fromtimestamp(int(webhook.get("last_error_date", 0)), UTC)
        lines.append(("last error of the webhook", f"{webhook['last_error_message']} ({at:%Y-%m-%d %H:%M} UTC)"))
    if settings.mode is Mode.WEBHOOK and not webhook.get("url"):
        lines.append(("hint", "No webhook is set. The hub sets it when the channel starts; is it switched on?"))
    if settings.mode is Mode.POLLING and webhook.get("url"):
        lines.append(("hint", "A webhook is set, and the channel polls: another program may use this bot."))
    if isinstance(group, GroupFacts):
        lines.append(("operators' group", group.title))
        lines.append(("manages its topics", _yes(group.manages_topics)))
    trouble = group.trouble() if isinstance(group, GroupFacts) else group
    if trouble is not None:
        lines.append(("hint", sentence(trouble)))
    return lines


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"
