"""Groups in which operators work: what a connector adds that can host one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from hub.model.group import GroupEvent, GroupPost
from hub.model.why import Why

TOPIC_GONE = "topic_gone"
"""The code of `MessageRejected` where somebody has deleted the topic."""
NO_RIGHTS = "no_rights"
"""The code where the hub may not write in the group any more."""


@dataclass(frozen=True, slots=True)
class GroupLimits:
    """What one post of the group holds: `file_bytes` in each file, and `together_characters` of several messages.

    Such go into one post because a group takes few posts a minute.
    """

    file_bytes: int
    together_characters: int


@runtime_checkable
class HostsGroup(Protocol):
    """A connector through which operators can work in a group of its service, with a topic for each conversation.

    What happens there it leaves with `Services.group` as raw updates, instead of giving it to `receive`, and reads them
    by `group_event` when they are worked on. All that goes out may raise `ChannelThrottled` (nothing was done; ask
    again after it), `MessageRejected` with the code `TOPIC_GONE`, and the other errors of `send`.
    """

    @property
    def group(self) -> str | None:
        """The service's id of the group; None where none is set."""

    @property
    def group_limits(self) -> GroupLimits:
        """What a post of the group holds."""

    @property
    def member_kind(self) -> str:
        """The kind of address by which the service knows members, in `Member.id` and in links of operators."""

    @property
    def group_shows_all(self) -> bool:
        """Whether every new conversation becomes a topic, and not only those that need a person."""

    def group_event(self, raw: bytes) -> GroupEvent | None:
        """What an update means; None for what means nothing. Pure. Raises `PayloadInvalid`."""

    async def group_trouble(self) -> Why | None:
        """What keeps the hub from working in the group, and what to do about it; None when all is well."""

    async def open_topic(self, name: str) -> str:
        """Open a topic; its id. A name that is too long for the service is cut."""

    async def rename_topic(self, thread: str, name: str) -> None:
        """Give a topic another name."""

    async def close_topic(self, thread: str) -> None:
        """Close a topic: no work is left."""

    async def reopen_topic(self, thread: str) -> None:
        """Open a topic that is closed."""

    async def post(self, thread: str, post: GroupPost) -> tuple[str, ...]:
        """Post into a topic; the ids of its parts."""

    async def change_post(self, parts: Sequence[str], post: GroupPost) -> None:
        """Show a post as it is now, in place."""

    async def tell(self, chat: str, text: str) -> None:
        """Say something to a person in a chat of their own."""

    async def answer_press(self, query: str, text: str) -> None:
        """Show a short word to whoever pressed a button. A fault of it is nobody's concern."""
