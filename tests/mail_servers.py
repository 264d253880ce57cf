"""Real mail servers for the tests: Dovecot and Postfix on loopback, with a certificate of their own."""

import asyncio
import contextlib
import imaplib
import os
import pwd
import shutil
import smtplib
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import trustme

PASSWORD = "secret"
UP_WITHIN_S = 60
SLOW_S = 7
"""How long Postfix thinks about a mail to slow@example.test before it answers."""


def free_port() -> int:
    """A port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class MailServers:
    """Where the servers are. `ca` is the certificate file that vouches for them; `authority` gave them theirs."""

    folder: Path
    ca: Path
    imap: int
    imaps: int
    lmtp: int
    submission: int
    process: subprocess.Popen[bytes]
    authority: trustme.CA

    def settings(self, address: str, **more: Any) -> dict[str, Any]:
        """Settings of an e-mail channel on this mailbox."""
        return {
            "address": address, "password": PASSWORD, "imap_host": "localhost", "imap_port": self.imaps,
            "smtp_port": self.submission, "smtp_security": "starttls", "ca_file": str(self.ca),
            "since_now": False, "poll_s": 1, "timeout_s": 15, **more,
        }  # fmt: skip

    def deliver(self, raw: bytes, to: str) -> None:
        """Put a mail into a mailbox, as a server from outside does."""
        self.deliver_all([raw], to)

    def deliver_all(self, raws: Sequence[bytes], to: str) -> None:
        """Put mails into a mailbox one after another."""
        with smtplib.LMTP("127.0.0.1", self.lmtp) as lmtp:
            for raw in raws:
                lmtp.sendmail("bounces@example.test", [to], raw)

    def mails(self, address: str, folder: str = "INBOX") -> list[bytes]:
        """The raw mails of a mailbox in their order, read by another client than ours."""
        with self._client(address) as client:
            if client.select(_named(folder), readonly=True)[0] != "OK":
                return []
            _, found = client.uid("search", "ALL")
            uids = (found[0] or b"").split()
            return [bytes(client.uid("fetch", uid.decode(), "(BODY.PEEK[])")[1][0][1]) for uid in uids]

    def flags(self, address: str, folder: str = "INBOX") -> dict[int, str]:
        """The flags of the mails of a folder by their UIDs, read by another client than ours; none without a folder."""
        with self._client(address) as client:
            if client.select(_named(folder), readonly=True)[0] != "OK":
                return {}
            _, found = client.uid("search", "ALL")
            answers = [client.uid("fetch", uid.decode(), "(FLAGS)")[1][0] for uid in (found[0] or b"").split()]
            shown = [bytes(answer).decode() for answer in answers]
            return {int(one.split("UID ")[1].split()[0].rstrip(")")): one for one in shown}

    def flag(self, address: str, uids: str, flag: str) -> None:
        """Set a flag in the INBOX, as a person's mail program does."""
        with self._client(address) as client:
            client.select()
            client.uid("store", uids, "+FLAGS", f"({flag})")

    def make_folder(self, address: str, folder: str) -> None:
        """Make a folder."""
        with self._client(address) as client:
            client.create(_named(folder))

    def remove_folder(self, address: str, folder: str) -> None:
        """Take a folder away."""
        with self._client(address) as client:
            client.delete(_named(folder))

    @contextmanager
    def announcing(self, capabilities: str) -> Iterator[None]:
        """A Dovecot that says it can do no more than this while the body runs, as an old server."""
        conf = self.folder / "dovecot.conf"
        before = conf.read_text()
        self.crash()
        conf.write_text(f"{before}protocol imap {{\n  imap_capability = {capabilities}\n}}\n")
        self.start()
        try:
            yield
        finally:
            self.crash()
            conf.write_text(before)
            self.start()

    def show(self, server: str, certificate: bytes) -> None:
        """Let `imap` or `smtp` show this certificate (PEM, with its key) from now on, as after a renewal."""
        (self.folder / f"{server}.pem").write_bytes(certificate)
        if server == "imap":
            self.crash()
            self.start()
        else:
            conf = self.folder / "postfix" / "conf"
            subprocess.run(["postfix", "-c", str(conf), "reload"], check=True, capture_output=True)
        wanted = ssl.PEM_cert_to_DER_cert(certificate[certificate.index(b"-----BEGIN CERTIFICATE") :].decode())
        deadline = time.monotonic() + UP_WITHIN_S
        while self._shown(server) != wanted:  # a process of Postfix that serves somebody ends after them
            assert time.monotonic() < deadline, f"{server} shows its old certificate"
            time.sleep(0.05)

    def right_certificate(self) -> bytes:
        """A certificate that counts for whoever knows the authority."""
        return self.authority.issue_cert("localhost").private_key_and_cert_chain_pem.bytes()

    def _shown(self, server: str) -> bytes | None:
        anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        with contextlib.suppress(OSError, smtplib.SMTPException):
            if server == "imap":
                with socket.create_connection(("127.0.0.1", self.imaps), timeout=5) as line:
                    with anybody.wrap_socket(line) as secured:
                        return secured.getpeercert(binary_form=True)
            with smtplib.SMTP("127.0.0.1", self.submission, timeout=5) as client:
                client.starttls(context=anybody)
                assert isinstance(client.sock, ssl.SSLSocket)
                return client.sock.getpeercert(binary_form=True)
        return None

    def new_generation(self, address: str, *, lost: int = 0) -> None:
        """Give the folder another UIDVALIDITY, as a restored backup does, which lacks `lost` of the mails."""
        mailbox = self.folder / "mail" / address
        for path in [path for part in ("cur", "new") for path in (mailbox / part).iterdir()][:lost]:
            path.unlink()
        for path in (*mailbox.glob("dovecot-uid*"), *mailbox.glob("dovecot.index*")):
            path.unlink()
        time.sleep(1.1)  # it is made of the time in seconds

    def age(self, address: str, days: float) -> None:
        """The mails that lie there now came so many days ago."""
        mailbox = self.folder / "mail" / address
        for path in [path for part in ("cur", "new") for path in (mailbox / part).iterdir()]:
            came = path.stat().st_mtime - days * 86_400
            os.utime(path, (came, came))

    @contextmanager
    def _client(self, address: str) -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4("127.0.0.1", self.imap)
        client.login(address, PASSWORD)
        try:
            yield client
        finally:
            client.logout()

    def idling(self, address: str) -> bool:
        """Whether a client waits for mail of this mailbox, as the server sees it."""
        master = psutil.Process(self.process.pid)
        with contextlib.suppress(psutil.NoSuchProcess):
            titles = [" ".join(child.cmdline()) for child in master.children(recursive=True)]
            return any(f"[{address} " in title and title.rstrip().endswith("IDLE]") for title in titles)
        return False

    def crash(self) -> None:
        """Kill Dovecot with all its sessions; none of them is left when this returns."""
        master = psutil.Process(self.process.pid)
        master.suspend()  # else it starts another child between the look and the kill, which outlives the folder
        children = master.children(recursive=True)
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        self.process.kill()
        self.process.wait()
        while any(_lives(child) for child in children):
            time.sleep(0.01)

    def start(self) -> None:
        """Start Dovecot (again) on the same folder."""
        self.process = _started(self.folder, self.imap)


def _named(folder: str) -> str:
    return f'"{folder}"'


def _lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


@asynccontextmanager
async def mail_servers_beside() -> AsyncIterator[MailServers]:
    """The servers for a body that is asynchronous: they start and end in a thread."""
    servers = mail_servers()
    running = await asyncio.to_thread(servers.__enter__)
    try:
        yield running
    finally:
        await asyncio.to_thread(servers.__exit__, None, None, None)


@contextmanager
def mail_servers() -> Iterator[MailServers]:
    """Both servers while the body runs."""
    folder = Path(tempfile.mkdtemp(prefix="mail-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    folder.chmod(0o755)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    for name in ("imap", "smtp"):
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(folder / f"{name}.pem")
    ports = {name: free_port() for name in ("imap", "imaps", "lmtp", "auth", "submission")}
    _configure_dovecot(folder, ports)
    process = _started(folder, ports["imap"])
    servers = MailServers(
        folder, folder / "ca.pem", ports["imap"], ports["imaps"], ports["lmtp"], ports["submission"], process, authority
    )
    try:
        with _postfix(folder, ports):
            yield servers
    finally:
        servers.crash()
        shutil.rmtree(folder)


def _configure_dovecot(folder: Path, ports: Mapping[str, int]) -> None:
    root = os.geteuid() == 0
    me = pwd.getpwuid(os.geteuid()).pw_name
    owner = pwd.getpwnam("dovecot") if root else pwd.getpwuid(os.geteuid())
    for name in ("run", "state", "mail"):
        (folder / name).mkdir()
    os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
    settings: dict[str, Any] = {
        "base_dir": folder / "run", "state_dir": folder / "state", "log_path": folder / "dovecot.log",
        "protocols": "imap lmtp", "listen": "127.0.0.1", "ssl": "yes", "ssl_cert": f"<{folder}/imap.pem",
        "ssl_key": f"<{folder}/imap.pem", "disable_plaintext_auth": "no", "auth_mechanisms": "plain login",
        "auth_failure_delay": 0, "default_internal_user": "dovecot" if root else me,
        "default_internal_group": "dovecot" if root else me, "default_login_user": "dovenull" if root else me,
        "first_valid_uid": 0, "first_valid_gid": 0, "mail_location": f"maildir:{folder}/mail/%u",
        "mail_fsync": "never", "verbose_proctitle": "yes", "mail_max_userip_connections": 200,
        "passdb": {"driver": "static", "args": f"password={PASSWORD}"},  # any mailbox, made by its first mail
        "userdb": {
            "driver": "static", "args": f"uid={owner.pw_uid} gid={owner.pw_gid} home={folder}/mail/%u",
        },
        "namespace inbox": {"inbox": "yes", "separator": "/"},
        "service anvil": {"chroot": "", "unix_listener anvil-auth-penalty": {"mode": 0}},
        "service stats": {"chroot": ""},
        "service imap-login": {
            "chroot": "", "inet_listener imap": {"port": ports["imap"]},
            "inet_listener imaps": {"port": ports["imaps"], "ssl": "yes"},
        },
        "service lmtp": {"chroot": "", "inet_listener lmtp": {"address": "127.0.0.1", "port": ports["lmtp"]}},
        "service auth": {"inet_listener": {"address": "127.0.0.1", "port": ports["auth"]}},
    }  # fmt: skip
    (folder / "dovecot.conf").write_text("\n".join(_lines(settings)) + "\n")


def _lines(settings: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    for key, value in settings.items():
        if isinstance(value, dict):
            yield f"{indent}{key} {{"
            yield from _lines(value, indent + "  ")
            yield f"{indent}}}"
        else:
            yield f"{indent}{key} = {value}"


def _started(folder: Path, imap: int) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        ["dovecot", "-F", "-c", str(folder / "dovecot.conf")], start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    _until_greeted(imap, b"* OK", folder / "dovecot.log")
    return process


def _until_greeted(port: int, greeting: bytes, log: Path) -> None:
    deadline = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as peer:
            if peer.recv(100).startswith(greeting):
                return
        time.sleep(0.02)
    raise TimeoutError(log.read_text() if log.exists() else f"nothing listens on {port}")


@contextmanager
def _postfix(folder: Path, ports: Mapping[str, int]) -> Iterator[None]:
    home = folder / "postfix"
    for name in ("conf", "queue", "data", "log"):
        (home / name).mkdir(parents=True)
    os.chown(home / "data", pwd.getpwnam("postfix").pw_uid, -1)
    (home / "conf" / "postfix-files").write_text("")
    main = {
        "compatibility_level": "3.6", "queue_directory": home / "queue", "data_directory": home / "data",
        "maillog_file": home / "log" / "mail.log", "maillog_file_prefixes": home, "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4", "myhostname": "mx.example.test", "mydestination": "", "alias_maps": "",
        "virtual_mailbox_domains": "example.test, xn--e1afmkfd.xn--p1ai",
        "virtual_transport": f"lmtp:inet:127.0.0.1:{ports['lmtp']}",
        "recipient_delimiter": "+", "default_transport": "error:outside the test",
        "transport_maps": f"inline:{{ {{elsewhere.test = smtp:[127.0.0.1]:{ports['submission']}}} }}",
        "message_size_limit": "36700160",
        "smtpd_tls_cert_file": folder / "smtp.pem", "smtpd_tls_security_level": "may", "smtpd_tls_auth_only": "yes",
        "smtpd_sasl_auth_enable": "yes", "smtpd_sasl_type": "dovecot",
        "smtpd_sasl_path": f"inet:127.0.0.1:{ports['auth']}",
        # What it passes on for elsewhere.test comes back to itself, and is refused there: so a sender gets a report.
        "smtpd_relay_restrictions": "permit_sasl_authenticated, check_recipient_access inline:{ "
        "{full@elsewhere.test = 552 5.2.2 Mailbox full}, {gone@elsewhere.test = 550 5.1.1 User unknown} }, "
        "reject_unauth_destination",
        "smtpd_recipient_restrictions": "check_recipient_access inline:{ {gone@example.test = 550 5.1.1 User unknown}, "
        "{full@example.test = 552 5.2.2 Mailbox full}, {grey@example.test = 451 4.7.1 Greylisted} }",
        # A filter that takes its time before it says that a mail is taken.
        "smtpd_end_of_data_restrictions": f"check_recipient_access inline:{{ {{slow@example.test = sleep {SLOW_S}}} }}",
        "smtpd_peername_lookup": "no", "smtpd_error_sleep_time": "0",
    }  # fmt: skip
    (home / "conf" / "main.cf").write_text("".join(f"{key} = {value}\n" for key, value in main.items()))
    shutil.copy("/usr/share/postfix/master.cf.dist", home / "conf" / "master.cf")
    port = ports["submission"]
    for arguments in (
        ["-F", "*/*/chroot=n"],
        ["-MX", "smtp/inet"],
        ["-M", f"127.0.0.1:{port}/inet=127.0.0.1:{port} inet n - n - - smtpd"],
    ):
        subprocess.run(["postconf", "-c", str(home / "conf"), *arguments], check=True, capture_output=True)
    subprocess.run(["postfix", "-c", str(home / "conf"), "start"], check=True, capture_output=True)
    try:
        _until_greeted(port, b"220", home / "log" / "mail.log")
        yield
    finally:
        subprocess.run(["postfix", "-c", str(home / "conf"), "stop"], check=False, capture_output=True)
