"""Settings: every knob of the hub, its unit in its name, from the environment (`HUB_...`) and `config/hub.toml`."""

import json
import secrets
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, IPvAnyNetwork, SecretStr
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

ENV_PREFIX = "HUB_"
FILE = Path("config/hub.toml")
SECRET_KEY_FILE = "secret.key"  # noqa: S105  (a file's name, no secret)
SECRET_KEY_CHARACTERS = 32
DATABASE_NAME = r"""^[^\s/\\."$*<>:|?]{1,63}$"""
"""What MongoDB takes on every system, by its "Naming Restrictions"."""


def _listed(given: object) -> object:
    """Networks of the environment: separated by commas or blanks, or as JSON, in which the file writes them."""
    if not isinstance(given, str):
        return given
    if given.lstrip().startswith("["):
        try:
            return json.loads(given)
        except ValueError:
            raise ValueError("write networks like 10.1.0.0/16, separated by commas") from None
    return given.replace(",", " ").split()


def _network(text: str) -> str:
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise ValueError(f"{text!r} is no network: write one like 10.1.0.0/16, or an address like 10.1.0.7") from None
    return text


def _public_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("write the whole address, such as https://hub.example")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("the hub stands at the root of its address: write it without a path, as https://hub.example")
    return text


def _there(file: Path) -> Path:
    try:
        file.read_text()
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{file} is no text") from error
    return file


def _holds_key(file: Path) -> Path:
    _checked(_there(file).read_text().strip())
    return file


def _long_enough(key: SecretStr) -> SecretStr:
    _checked(key.get_secret_value())
    return key


def _upper(given: object) -> object:
    return given.upper() if isinstance(given, str) else given


LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_upper)]


class Settings(BaseSettings):
    """The hub's settings. Environment wins over the file; an unknown key in the file stops the start."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, toml_file=FILE, extra="forbid", frozen=True, env_ignore_empty=True
    )

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    base_url: Annotated[str, AfterValidator(_public_address)] | None = Field(
        None, description="Public address of the hub, such as https://hub.example."
    )
    data_dir: Path = Field(Path("var"), description="Folder of the embedded database and of generated secrets.")
    mongodb_uri: SecretStr | None = Field(None, description="Replica set to use instead of the embedded one.")
    mongodb_uri_file: Annotated[Path, AfterValidator(_there)] | None = Field(
        None, description="File that holds the URI (Docker secrets)."
    )
    database: str = Field("switchboard", pattern=DATABASE_NAME, description="Name of the database.")
    secret_key: Annotated[SecretStr, AfterValidator(_long_enough)] | None = Field(
        None, description="Key that signs tokens, at least 32 characters."
    )
    secret_key_file: Annotated[Path, AfterValidator(_holds_key)] | None = Field(
        None, description="File that holds the key (Docker secrets)."
    )
    metrics_token: SecretStr | None = Field(None, description="Bearer token of /metrics; none closes the page.")
    trusted_proxies: Annotated[
        tuple[Annotated[str, AfterValidator(_network)], ...], NoDecode, BeforeValidator(_listed)
    ] = Field((), description="Networks whose X-Forwarded-For is believed.")
    log_json: bool = Field(False, description="Log as JSON lines instead of coloured text.")
    log_level: LogLevel = Field("INFO", description="Lowest level that is logged.")

    store_timeout_s: float = Field(15, gt=0, description="How long an accepted write may take, fail-over included.")
    group_commit_waiting: int = Field(4096, gt=0, description="Documents that may wait for one commit point.")
    free_space_bytes: int = Field(2 * 1024**3, ge=0, description="Below this free space nothing is accepted.")
    free_space_share: float = Field(
        0.05, ge=0, lt=1, description="The same as a share of the disk; the lower one counts."
    )
    sweep_s: float = Field(5, gt=0, description="How often forgotten work is looked for.")
    send_timeout_s: float = Field(
        20, gt=0, description="Time-out of one attempt to send; a mailbox has its own (`answer_within_s`)."
    )
    send_lease_s: float = Field(
        60, gt=0, description="How long a sender holds a conversation; renewed while a mailbox takes longer."
    )
    send_expires_s: float = Field(86_400, gt=0, description="A message that could not be sent for so long fails.")
    send_workers: int = Field(32, gt=0, description="Conversations sent to at once.")
    decide_workers: int = Field(128, gt=0, description="Conversations decided at once.")
    flow_steps_a_minute: int = Field(
        60,
        ge=0,
        description="Steps of flows that one conversation may cause in a minute; then people go on. 0: any number.",
    )
    shutdown_s: float = Field(
        10,
        gt=0,
        description="How long the stop may take, sends in flight included; the embedded database has 20 s more.",
    )
    session_idle_s: float = Field(12 * 3600, gt=0, description="A session unused for so long ends.")
    session_absolute_s: float = Field(30 * 86_400, gt=0, description="A session ends after so long.")
    invitation_lasts_s: float = Field(86_400, gt=0, description="How long an invitation to the inbox counts.")
    reset_lasts_s: float = Field(1800, gt=0, description="How long a link that sets a new password counts.")
    audit_kept_days: int = Field(365, ge=1, le=36_500, description="How long lines of the audit log are kept.")
    internal_networks: Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(_listed)] = Field(
        (), description="Networks of your own that calls to typed-in addresses may reach, such as 10.1.0.0/16."
    )
    call_back_within_s: int = Field(
        900, ge=1, le=86_400 * 7, description="A call back without a time of its own is due after so long."
    )
    call_back_remind_s: int = Field(300, ge=0, le=86_400, description="How long before a call back it is reminded of.")
    upload_bytes: int = Field(25 * 1024**2, gt=0, description="Largest attachment.")
    api_body_bytes: int = Field(256 * 1024, gt=0, description="Largest body of an API request.")
    body_timeout_s: float = Field(20, gt=0, description="How long a request body may take to arrive.")
    argon2_memory_kib: int = Field(19 * 1024, ge=8, description="Memory of one password hash.")
    argon2_passes: int = Field(2, ge=1, description="Passes of one password hash.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    @cached_property
    def signing_key(self) -> bytes:
        """The key behind every token the hub signs: given, or made once and kept in the data folder."""
        if self.secret_key is not None:
            return _checked(self.secret_key.get_secret_value())
        if self.secret_key_file is not None:
            return _checked(self.secret_key_file.read_text().strip())
        path = self.data_dir / SECRET_KEY_FILE
        if not path.exists():
            self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(32))
        return _checked(path.read_text().strip())

    @property
    def given_mongodb_uri(self) -> str | None:
        """The URI from the environment or its file; None means the embedded database."""
        if self.mongodb_uri is not None:
            return self.mongodb_uri.get_secret_value()
        return self.mongodb_uri_file.read_text().strip() if self.mongodb_uri_file else None

    @property
    def origin(self) -> str:
        """The address people use, without a slash at the end."""
        return (self.base_url or address(self.host, self.port)).rstrip("/")


def address(host: str, port: int) -> str:
    """The address of a host, which may be an IPv6 address, by HTTP."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _checked(key: str) -> bytes:
    if len(key) < SECRET_KEY_CHARACTERS:
        raise ValueError(f"the key is too short: give at least {SECRET_KEY_CHARACTERS} random characters")
    return key.encode()
