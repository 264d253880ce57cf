"""What is said of settings that cannot work: by the setting's name, and with one that could."""

from datetime import UTC, datetime

import pytest
from pydantic import JsonValue

from hub.app.kinds import Kinds
from hub.model.channel import Channel
from hub.model.ids import ChannelId, ProjectId, new_id
from hub.services.errors import Invalid


def channel_of(kind: str, settings: dict[str, JsonValue]) -> Channel:
    return Channel(
        id=ChannelId(new_id()), project=ProjectId(new_id()), kind=kind, name="Sample", key="sample",
        created_at=datetime.now(UTC), settings=settings,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "settings", "setting", "like", "least"),
    [
        ("telegram", {"token": "bad value"}, "token", "123456789:AAbbCCddEEffGGhh", None),
        ("email", {"address": "a@example.test", "imap_host": "bad value"}, "imap_host", "imap.example.org", None),
        ("generic", {"secret": "short"}, "secret", None, 16),
        ("webchat", {"allowed_domains": ["shop.example", "a b"]}, "allowed_domains.1", None, None),
        ("jivochat_bot", {"provider_id": "sample"}, "token", None, None),
    ],
)
def test_settings_that_cannot_work_are_named_with_one_that_could(
    kind: str, settings: dict[str, JsonValue], setting: str, like: str | None, least: int | None
) -> None:
    """In words, not in those of a pattern; and apart, for a screen that says it in its own language."""
    channel = channel_of(kind, settings)
    with pytest.raises(Invalid) as caught:
        Kinds(lambda channel: b"").check(channel)
    faults = caught.value.extra["faults"]
    assert isinstance(faults, list)
    [fault] = [one for one in faults if isinstance(one, dict) and one["setting"] == setting]
    assert (fault["like"], fault["least"]) == (like, least)
    assert setting in caught.value.detail
    assert "pattern" not in caught.value.detail
    assert like is None or f"looks like {like}" in caught.value.detail


def test_a_chat_whose_settings_cannot_work_has_no_key_to_show() -> None:
    """They were stored by an earlier version, say: it is refused as the channel itself is, and no error of ours."""
    kinds = Kinds(lambda channel: b"secret")
    key = kinds.signing_key(channel_of("webchat", {}))
    assert key
    assert kinds.signing_key(channel_of("webchat", {"identity_generation": 2})) != key
    assert kinds.signing_key(channel_of("generic", {"secret": "long enough for this"})) is None
    for kind, settings in (("webchat", {"accent": "red"}), ("of-old", {})):
        with pytest.raises(Invalid):
            kinds.signing_key(channel_of(kind, dict(settings)))
