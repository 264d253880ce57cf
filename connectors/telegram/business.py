"""Business accounts that a bot answers for: what their owners allow, kept as the channel's marks."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from connectors.base import Clock, Marks
from connectors.errors import ChannelUnavailable, MessageRejected, NotAccepting, PayloadInvalid
from connectors.reasons import why
from connectors.telegram.addresses import Chat
from connectors.telegram.message import Json, flag, integer, object_of, optional, person_name, text_of
from connectors.text import clean_name
from hub.model.base import Moment, Stored
from hub.model.why import Why

KIND = "business_connection"
_PREFIX = "business:"
NUMBERS_GO_ON = timedelta(days=6)
"""After a week without updates their numbers begin anew: https://core.telegram.org/bots/api#update."""

NEWS_FOR = timedelta(days=7)
KEPT = 90
"""Accounts; fewer than are listed at once. Anybody can connect theirs to a bot, and leave. Of one that was forgotten
Telegram is asked when an answer is to go there."""
NOTICES = 10


class Account(Stored):
    """A business account, by its connection. `update` numbers what was last said of it, `at` is when we heard it."""

    id: str
    owner: str
    enabled: bool
    may_reply: bool
    update: int
    at: Moment

    def refusal(self) -> MessageRejected | None:
        """Why nothing can be answered there; None where it can."""
        if not self.enabled:
            return MessageRejected("business_disconnected", why("telegram_business_off", owner=self.owner))
        if not self.may_reply:
            return MessageRejected("business_no_reply", why("telegram_business_silent", owner=self.owner))
        return None

    def standing(self) -> Why:
        """How it stands, for an admin."""
        if not self.enabled:
            return why("telegram_account_off", owner=self.owner, at=f"{self.at:%Y-%m-%d %H:%M}")
        if self.may_reply:
            return why("telegram_account_answers", owner=self.owner)
        return why("telegram_account_silent", owner=self.owner)


def account_of(body: Json, update: int, at: datetime) -> Account:
    """What a BusinessConnection says. Raises `PayloadInvalid`."""
    connection = text_of(body, "id")
    if not connection:
        raise PayloadInvalid("A business connection without an id.")
    user = object_of(body, "user")
    rights = optional(body, "rights")
    return Account(
        id=connection,
        owner=person_name(user) or clean_name(text_of(user, "username"), 64) or "?",
        enabled=flag(body, "is_enabled"),
        # Before the rights there was this one alone: https://core.telegram.org/bots/api-changelog#april-11-2025.
        may_reply=flag(body if rights is None else rights, "can_reply"),
        update=update,
        at=at,
    )


class Accounts:
    """The accounts of one bot. `ask` has Telegram say what a connection is; None where it does not."""

    def __init__(self, marks: Marks, clock: Clock, ask: Callable[[str], Awaitable[Json | None]]) -> None:
        self._marks, self._clock, self._ask = marks, clock, ask
        self._heard: dict[str, Account] = {}

    async def open(self) -> None:
        """Recall what was heard before. Raises `ChannelUnavailable`."""
        try:
            self._heard = {account.id: account for account in await self.all()}
            while len(self._heard) > KEPT:  # of a hub that forgot none
                await self._forget_some()
                self._heard |= {account.id: account for account in await self.all()}
        except NotAccepting as error:
            raise ChannelUnavailable(error.why) from error

    def notice(self) -> Sequence[Why]:
        """What an admin should know: where nothing can be answered, as last heard. Who left long ago is no news."""
        now = self._clock.now()
        shown = [
            refusal.why
            for account in self._heard.values()
            if (account.enabled or now - account.at < NEWS_FOR) and (refusal := account.refusal())
        ]
        return shown[-NOTICES:]

    async def note(self, update: Any) -> None:
        """Keep what an update says of an account, before it is acknowledged. Raises `NotAccepting`.

        One that cannot be read is left to `parse`, which parks it.
        """
        if not isinstance(update, dict) or KIND not in update:
            return
        try:
            said = account_of(object_of(update, KIND), integer(update, "update_id"), self._clock.now())
        except PayloadInvalid:
            return
        known = await self._known(said.id)
        if known is None or known.update < said.update or said.at - known.at > NUMBERS_GO_ON:
            await self._keep(said)

    async def check(self, chat: Chat) -> None:
        """Whether an answer may go to a chat. Raises `MessageRejected` with why not, `ChannelUnavailable`."""
        if chat.business is None:
            return
        try:
            account = await self._known(chat.business) or await self._asked(chat.business)
        except NotAccepting as error:
            raise ChannelUnavailable(error.why) from error
        refusal = account.refusal() if account else None
        if refusal is not None:
            raise refusal

    async def all(self) -> Sequence[Account]:
        """Every account that was heard of. Raises `NotAccepting`."""
        kept = await self._marks.beginning(_PREFIX)
        return [account for value in kept.values() if (account := _account(value))]

    async def _known(self, connection: str) -> Account | None:
        return _account(await self._marks.get(_PREFIX + connection))

    async def _asked(self, connection: str) -> Account | None:
        """One that was connected before the hub kept such things."""
        body = await self._ask(connection)
        try:
            account = account_of(body, 0, self._clock.now()) if body else None
        except PayloadInvalid:
            return None
        if account is not None:
            await self._keep(account)
        return account

    async def _keep(self, account: Account) -> None:
        await self._marks.set(_PREFIX + account.id, account.model_dump_json())
        self._heard.pop(account.id, None)
        await self._forget_some(KEPT - 1)
        self._heard[account.id] = account

    async def _forget_some(self, kept: int = KEPT) -> None:
        """Those that are disconnected first, and of them those of which nothing was heard for longest."""
        in_order = sorted(self._heard.values(), key=lambda account: (account.enabled, account.at))
        for account in in_order[: max(0, len(in_order) - kept)]:
            await self._marks.remove(_PREFIX + account.id)
            self._heard.pop(account.id, None)


def _account(value: str | None) -> Account | None:
    try:
        return Account.model_validate_json(value) if value else None
    except ValidationError:  # of a newer hub
        return None
