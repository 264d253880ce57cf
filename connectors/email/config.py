"""What can be set on an e-mail channel."""

from enum import StrEnum
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from connectors.email.domains import for_the_wire
from connectors.email.mime import usual_address
from hub.model.base import Written


class Security(StrEnum):
    """How a connection is protected. `none` is for servers on this machine only."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class Provider(StrEnum):
    """Whose sign-in (OAuth 2) gives the tokens of a mailbox."""

    GOOGLE = "google"
    MICROSOFT = "microsoft"
    OTHER = "other"


class WhenStored(StrEnum):
    """What is done with a mail in the mailbox once it is stored here."""

    LEAVE = "leave"
    MARK_READ = "mark_read"
    MOVE = "move"


TOKEN_ENDPOINTS = {
    Provider.GOOGLE: "https://oauth2.googleapis.com/token",
    Provider.MICROSOFT: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
}
AUTHORIZATION_ENDPOINTS = {
    Provider.GOOGLE: "https://accounts.google.com/o/oauth2/v2/auth",
    Provider.MICROSOFT: "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
}
SCOPES = {
    Provider.GOOGLE: "https://mail.google.com/",
    Provider.MICROSOFT: (
        "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access"
    ),
}
NAMES = {Provider.GOOGLE: "Google", Provider.MICROSOFT: "Microsoft"}


def _address(value: str) -> str:
    usual = usual_address(value)
    if usual is None:
        raise ValueError(f"“{value}” is no e-mail address; write it as shop@example.org")
    return usual


Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$", max_length=253)]
Port = Annotated[int, Field(ge=1, le=65_535)]
Secret = Annotated[str, StringConstraints(max_length=4_096)]
Address = Annotated[str, AfterValidator(_address)]

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1"})


def _is_local(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "http" and parts.hostname in LOCAL_HOSTS


LeadTarget = Annotated[
    str, StringConstraints(pattern=r"^(phone|name|email|wanted|page|text|contact\.[a-z][a-z0-9_]{0,63})$")
]
Label = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class LeadMails(Written):
    """Mails that report who wants to be called. `sender` is an address, or a domain as `@widget.example`.

    `subject`: words that its subject holds, none for any. `labels` say what is what, beside the usual words:
    `{"Ваш номер": "phone"}`. `region`: whose numbers are written without a country code. `within_s` None: the hub's
    norm.
    """

    sender: Annotated[str, StringConstraints(pattern=r"^[^\s@]*@[A-Za-z0-9.-]{3,253}$", max_length=320)]
    subject: Annotated[str, StringConstraints(max_length=200)] = ""
    labels: Annotated[dict[Label, LeadTarget], Field(max_length=50)] = Field(default_factory=dict)
    region: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = "RU"
    within_s: Annotated[int, Field(ge=1, le=7 * 86_400)] | None = None


class Settings(Written):
    """One mailbox: read by IMAP, answered by SMTP.

    `user` None means the address. `oauth` names the provider whose access tokens replace the passwords: they are
    fetched with the `refresh_token` of a sign-in for the application `client_id` (`tenant`: Microsoft's directory;
    `authorize_url`, `token_url` and `scope` instead of the provider's own, and needed for `other`). `account` is who
    signs in where that is not the mailbox itself: the owner of a shared one, or of an alias. A `token` is one that
    was fetched by hand and runs out. `smtp_...` left out are those of IMAP. `smtp_connections` is how many mails are
    handed over at once: Microsoft 365 takes three. `answer_within_s` is how long a server may take to say that it has
    taken a mail (RFC 5321, 4.5.3.2.6), beside the upload; `timeout_s` is the time for any other answer.
    `sends_per_hour` and `sends_per_day` are what the provider lets the mailbox send. `folders` are read, each from
    where it was left. `since_now` begins with mail that comes after the channel was made; else everything in the
    folders is taken in once. `when_stored` says what becomes of a mail in the mailbox once it is stored; `move_to` is
    the folder for `move`, made where it is missing. `trusted_authserv` is the name under which our own server writes
    its verdict on DKIM, SPF and DMARC; that of any other may be forged. `signature` stands below what people write,
    and below automatic mails with `sign_automatic`. `leads` are the notifications of call-back widgets.
    """

    address: Address
    sender_name: Annotated[str, StringConstraints(max_length=128)] = ""
    user: Annotated[str, StringConstraints(max_length=320)] | None = None
    password: Secret = ""
    token: Secret = ""
    oauth: Provider | None = None
    client_id: Annotated[str, StringConstraints(max_length=300)] = ""
    client_secret: Secret = ""
    refresh_token: Secret = ""
    tenant: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+$", max_length=100)] = "common"
    authorize_url: Annotated[str, StringConstraints(max_length=500)] | None = None
    token_url: Annotated[str, StringConstraints(max_length=500)] | None = None
    scope: Annotated[str, StringConstraints(max_length=1_000)] = ""
    account: Address | None = None
    sends_per_hour: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    sends_per_day: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    imap_host: Host = Field(examples=["imap.example.org"])
    imap_port: Port = 993
    imap_security: Security = Security.TLS
    folders: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=1, max_length=255)], ...], Field(min_length=1)
    ] = ("INBOX",)
    since_now: bool = True
    when_stored: WhenStored = WhenStored.LEAVE
    move_to: Annotated[str, StringConstraints(max_length=255)] = ""
    smtp_host: Host | None = Field(None, examples=["smtp.example.org"])
    smtp_port: Port = 465
    smtp_security: Security = Security.TLS
    smtp_user: Annotated[str, StringConstraints(max_length=320)] | None = None
    smtp_password: Secret | None = None
    smtp_connections: Annotated[int, Field(ge=1, le=50)] = 3
    answer_within_s: Annotated[float, Field(ge=1, le=3_600)] = 600.0
    subject: Annotated[str, StringConstraints(min_length=1, max_length=200)] = "Your request"
    signature: Annotated[str, StringConstraints(max_length=2_000)] = ""
    sign_automatic: bool = False
    quote_history: bool = True
    keep_original: bool = True
    poll_s: Annotated[float, Field(ge=0.1, le=3_600)] = 60.0
    renew_idle_s: Annotated[float, Field(ge=1, le=1_500)] = 540.0
    timeout_s: Annotated[float, Field(ge=1, le=300)] = 30.0
    ca_file: Annotated[str, StringConstraints(max_length=1_000)] | None = None
    trusted_authserv: Annotated[str, StringConstraints(max_length=253)] | None = None
    leads: Annotated[tuple[LeadMails, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if self.imap_security is Security.STARTTLS:
            raise ValueError("imap_security: STARTTLS is not possible here; use TLS on port 993")
        if self.oauth is not None:
            self._check_provider(self.oauth)
        if self.when_stored is WhenStored.MOVE and not self.move_to:
            raise ValueError("move_to: name the folder that stored mails are moved to")
        if self.when_stored is WhenStored.MOVE and self.move_to.upper() in {one.upper() for one in self.folders}:
            raise ValueError(f"move_to: “{self.move_to}” is read itself; name a folder that is not in folders")
        for what, security, host in (
            ("imap", self.imap_security, self.imap_host),
            ("smtp", self.smtp_security, self.smtp_host or self.imap_host),
        ):
            if security is Security.NONE and host not in LOCAL_HOSTS:
                raise ValueError(f"{what}_security: a password never goes over an open line to {host}; use tls")
        return self

    def _check_provider(self, provider: Provider) -> None:
        if not self.client_id:
            raise ValueError("oauth: needs the client_id of an application that is registered with the provider")
        if provider is Provider.OTHER and not (self.token_url and self.authorize_url and self.scope):
            raise ValueError("oauth: another provider needs its authorize_url, token_url and scope")
        for name, address in (("token_url", self.token_endpoint), ("authorize_url", self.authorization_endpoint)):
            parts = urlsplit(address)
            if not parts.hostname or (parts.scheme != "https" and not _is_local(address)):
                raise ValueError(f"{name}: what opens a mailbox never goes over an open line; write an https address")

    @property
    def token_endpoint(self) -> str:
        """Where access tokens are fetched."""
        assert self.oauth is not None
        return self.token_url or TOKEN_ENDPOINTS[self.oauth].format(tenant=self.tenant)

    @property
    def authorization_endpoint(self) -> str:
        """Where somebody signs in to the mailbox."""
        assert self.oauth is not None
        return self.authorize_url or AUTHORIZATION_ENDPOINTS[self.oauth].format(tenant=self.tenant)

    @property
    def mail_scope(self) -> str:
        """What the application asks for, to read and to send."""
        assert self.oauth is not None
        return self.scope or SCOPES[self.oauth]

    @property
    def provider_name(self) -> str:
        """The provider, as people know it."""
        assert self.oauth is not None
        return NAMES.get(self.oauth) or urlsplit(self.authorization_endpoint).hostname or "The provider"

    @property
    def signs_in(self) -> str:
        """The address of the account that signs in at the provider."""
        return self.account or self.address

    @property
    def sender(self) -> str:
        """The address as it stands in mails, its domain in ASCII."""
        return for_the_wire(self.address)

    @property
    def login(self) -> str:
        """The name to log in with. A shared mailbox of Microsoft is named itself, with the token of who may open it."""
        alias = self.account if self.oauth not in (None, Provider.MICROSOFT) else None
        return self.user or alias or self.address

    @property
    def submission(self) -> tuple[str, int]:
        """Host and port that mail is handed to."""
        return self.smtp_host or self.imap_host, self.smtp_port
