"""Operators in messengers: a one-time code links a person there with an account here."""

import secrets
from collections.abc import Sequence

from hub.model.group import Member, OperatorLink
from hub.model.ids import OperatorId, ProjectId
from hub.model.operator import Operator, Viewer
from hub.services.accounts import viewer_of
from hub.services.errors import NotFound
from hub.services.secret_values import hash_of
from hub.store.clock import DatabaseClock
from hub.store.groups import OperatorLinks as LinkStore
from hub.store.operators import Operators

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without those that look alike
CODE_LETTERS = 12
"""60 random bits: a code lives for minutes, and every try is a message to the bot."""
CODE_LIVES_S = 15 * 60


class OperatorLinks:
    """Gives codes, takes them, and says who a person of a messenger is."""

    def __init__(self, links: LinkStore, operators: Operators, clock: DatabaseClock) -> None:
        self._links, self._operators, self._clock = links, operators, clock

    async def code(self, operator: OperatorId) -> str:
        """A fresh code, good for a quarter of an hour and for one person."""
        code = "".join(secrets.choice(LETTERS) for _ in range(CODE_LETTERS))
        await self._links.add_code(hash_of(code), operator, CODE_LIVES_S)
        return code

    async def redeem(self, kind: str, member: Member, code: str) -> Operator | None:
        """Link the person with the account that the code was made for; None for a code that is not good any more."""
        operator = await self._links.redeem(hash_of(code.upper()))
        account = await self._operators.get(operator) if operator else None
        if account is None or not account.active:
            return None
        await self._links.link(account.id, kind, member.id, member.name, self._clock.now())
        return account

    async def viewer(self, kind: str, member: str, project: ProjectId) -> Viewer | None:
        """Who the person is in the project; None when they are not linked, or do not work there any more."""
        operator = await self._links.operator(kind, member)
        account = await self._operators.get(operator) if operator else None
        if account is None or not account.active:
            return None
        place = account.place_in(project)
        return viewer_of(account, place) if place else None

    async def of(self, operator: OperatorId) -> Sequence[OperatorLink]:
        """Where the operator is linked."""
        return await self._links.of(operator)

    async def unlink(self, operator: OperatorId, link: str) -> None:
        """Take a link away. Raises `NotFound`."""
        if not await self._links.unlink(operator, link):
            raise NotFound("This link")
