"""What Telegram says of a bot and its webhook, in lines that an admin reads. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connectors.reasons import why
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
) -> Sequence[Why]:
    """Sentences, the odd things among them. `group`: the operators' group, or why nothing is known of it."""
    address = webhook.get("url")
    lines = [
        why("telegram_bot", bot=f"{me.name} (@{me.username}, {me.id})"),
        why("telegram_reads_all") if me.reads_groups else why("telegram_reads_its_own"),
        why("telegram_business_can") if me.business else why("telegram_business_cannot"),
        why("telegram_calls_us") if settings.mode is Mode.WEBHOOK else why("telegram_is_asked"),
        why("telegram_webhook_at", address=address) if address else why("telegram_webhook_none"),
        why("telegram_updates_wait", count=webhook.get("pending_update_count", 0)),
        *(account.standing() for account in accounts),
    ]
    if said := webhook.get("last_error_message"):
        at = datetime.fromtimestamp(int(webhook.get("last_error_date", 0)), UTC)
        lines.append(why("telegram_webhook_failed", said, at=f"{at:%Y-%m-%d %H:%M}"))
    if settings.mode is Mode.WEBHOOK and not address:
        lines.append(why("telegram_webhook_missing"))
    if settings.mode is Mode.POLLING and address:
        lines.append(why("telegram_webhook_of_another"))
    if isinstance(group, GroupFacts):
        lines.append(why("telegram_group", group=group.title))
        lines.append(why("telegram_group_topics") if group.manages_topics else why("telegram_group_no_topics"))
    trouble = group.trouble() if isinstance(group, GroupFacts) else group
    return lines if trouble is None else [*lines, trouble]
