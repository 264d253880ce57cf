"""A fuzzer of everything that reads a mail, steered by coverage: `make fuzz`, or some thousand inputs in the tests.

Starts from the mails of the corpus and changes them. What is no mail has to be refused with our own error; any other
exception is a crash, and libFuzzer writes the input that led to it and says where.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["connectors.email", "email"]):
    from connectors.email.html_view import html_view
    from connectors.email.mime import MailFile, read_mail
    from connectors.email.parse import events_of
    from connectors.errors import PayloadInvalid
    from hub.model.attachment import AttachmentRef, AttachmentStatus
    from hub.model.ids import AttachmentId
    from tests.connectors.email.corpus import CASES
    from tests.connectors.email.corpus.case import CHANNEL_KEY, TOKENS

LONGEST_BYTES = 4_096
INPUT_S = 30


def _ref(file: MailFile) -> AttachmentRef:
    return AttachmentRef(
        id=AttachmentId(file.name), name=file.name, media_type=file.media_type, size_bytes=len(file.content),
        status=AttachmentStatus.STORED,
    )  # fmt: skip


def read_all(raw: bytes) -> None:
    """Read bytes as a mail in every way the hub does."""
    try:
        mail = read_mail(raw)
        files = {file: _ref(file) for file in mail.files}
        events = events_of(
            raw, mail, files, tokens=TOKENS, ours=CHANNEL_KEY, trusted_authserv="mx.example.org",
            address="shop@example.org", original=_ref(MailFile("message.eml", "message/rfc822", raw)),
        )  # fmt: skip
        html_view(raw, remote_images=True)
    except PayloadInvalid:
        return
    for event in events:
        event.model_dump_json()  # what cannot be written down cannot be stored


def main() -> None:
    """Arguments: a folder to work in, then libFuzzer's own, such as `-runs=5000` or `-max_total_time=600`.

    What leads to new places is kept in the folder and begun with the next time; `crash-*` there is what stumbled.
    """
    folder = Path(sys.argv[1])
    seeds = folder / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for one in CASES:
        if len(raw := one.make()) <= LONGEST_BYTES:
            (seeds / one.name).write_bytes(raw)
    given = [f"-max_len={LONGEST_BYTES}", f"-timeout={INPUT_S}", f"-artifact_prefix={folder}/crash-"]
    atheris.Setup([sys.argv[0], *given, *sys.argv[2:], str(seeds)], read_all)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
