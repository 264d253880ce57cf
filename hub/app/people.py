"""Accounts and signing in, built on one database."""

from datetime import timedelta

from hub.services.account_links import AccountLinks, Lifetimes
from hub.services.accounts import Accounts
from hub.services.audit import Audit
from hub.services.letters import Letters
from hub.services.made_once import MadeOnce
from hub.services.passwords import Passwords
from hub.services.second_factor import SecondFactors
from hub.services.sign_in import SignIn
from hub.settings import Settings
from hub.store.account_links import AccountLinks as LinkStore
from hub.store.audit import AuditEntries
from hub.store.clock import DatabaseClock
from hub.store.connection import Connection
from hub.store.login_limits import LoginLimits
from hub.store.operators import Operators
from hub.store.projects import Projects
from hub.store.request_keys import RequestKeys
from hub.store.sessions import Sessions
from hub.store.tickets import Tickets
from hub.store.tokens import Tokens


class People:
    """The services about accounts, and the store of operators."""

    def __init__(self, connection: Connection, settings: Settings, clock: DatabaseClock) -> None:
        database = connection.database
        self._settings, self._database, self._clock = settings, database, clock
        self.operators = Operators(database)
        sessions = Sessions(database, clock.now, idle_s=settings.session_idle_s, absolute_s=settings.session_absolute_s)
        self.audit = Audit(AuditEntries(database), clock, timedelta(days=settings.audit_kept_days))
        limits = self._limits = LoginLimits(database)
        passwords = self._passwords = Passwords(memory_kib=settings.argon2_memory_kib, passes=settings.argon2_passes)
        factors = SecondFactors(self.operators, settings.signing_key, clock.now)
        self.accounts = Accounts(
            self.operators, Projects(database), sessions, Tokens(database, clock.now), Tickets(database), limits,
            passwords, factors, clock,
        )  # fmt: skip
        self.made_once = MadeOnce(RequestKeys(database), settings.signing_key)
        self.sign_in = SignIn(self.operators, sessions, limits, passwords, factors, self.audit, settings.signing_key)

    def links(self, letters: Letters) -> AccountLinks:
        """Invitations and forgotten passwords, for a hub that can write letters."""
        settings = self._settings
        return AccountLinks(
            LinkStore(self._database), self.operators, Projects(self._database), self.accounts, self._passwords,
            self._limits, letters, self.audit, self._clock,
            lifetimes=Lifetimes(
                timedelta(seconds=settings.invitation_lasts_s), timedelta(seconds=settings.reset_lasts_s)
            ),
            origin=settings.origin, signing_key=settings.signing_key,
        )  # fmt: skip
