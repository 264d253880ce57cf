"""What the IMAP client reads otherwise than the library it stands on: sooner, and with the same result."""

import asyncio
import hashlib
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import aioimaplib
import pytest

from connectors.email import imap

ANSWERS = {
    "two mails": (
        b"* 1 FETCH (UID 7 BODY[] {12}\r\nSubject: a\r\n)\r\n"
        b"* 2 FETCH (UID 8 BODY[] {16}\r\n* 3 FETCH (((\r\n\r\n)\r\nA0 OK done.\r\n"
    ),
    "a uid behind its mail": b"* 1 FETCH (BODY[] {5}\r\na)b\r\n UID 7)\r\nA0 OK done.\r\n",
    "an empty mail": b"* 1 FETCH (UID 7 BODY[] {0}\r\n)\r\nA0 OK done.\r\n",
    "flags of another program between": (
        b"* 4 FETCH (FLAGS (\\Seen))\r\n* 1 FETCH (UID 7 FLAGS (\\Recent) BODY[] {4}\r\n({9}\r\n)\r\n* 9 EXPUNGE\r\n"
        b"* 12 EXISTS\r\nA0 OK done.\r\n"
    ),
    "a mail that is refused": b"* 1 FETCH (UID 7 BODY[] {2}\r\nab)\r\nA0 NO [SERVERBUG] not this one.\r\n",
    "nothing": b"A0 OK done.\r\n",
    "a literal that nobody has asked for": (
        b"* STATUS {6}\r\nfolder (MESSAGES 1)\r\n* 1 FETCH (UID 7 BODY[] {3}\r\nabc)\r\nA0 OK done.\r\n"
    ),
    "several literals": b"* 1 FETCH (UID 7 BODY[HEADER] {3}\r\nabc BODY[TEXT] {4}\r\n\r\n)( X)\r\nA0 OK done.\r\n",
}
READ_OTHERWISE: Sequence[tuple[Callable[..., Any], str]] = (
    (aioimaplib.IMAP4ClientProtocol.data_received, "f4e4f02478ba"),
    (aioimaplib.IMAP4ClientProtocol._handle_responses, "b85f6640b4ca"),
    (aioimaplib.IMAP4ClientProtocol._handle_line, "3e3c734ed424"),
    (aioimaplib.IMAP4ClientProtocol.fetch, "9e9d4d32f208"),
    (aioimaplib.Command.append_literal_data, "0a8587d8f821"),
    (aioimaplib.FetchCommand.wait_data, "17ec7328fd9b"),
    (aioimaplib.IMAP4.create_client, "4c6284d94662"),
)
"""What of the library is replaced or relied upon, and how its source begins when it is hashed."""


class Line(asyncio.Transport):
    """Takes what the client says and answers nothing."""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Forget it."""


async def fetched(protocol: Any, pieces: Sequence[bytes]) -> tuple[str, list[bytes | bytearray], str]:
    """The answer to a FETCH of which the server's side comes in these pieces; its types, which tell literals."""
    protocol.connection_made(Line())
    protocol.state, protocol.tagpre = "SELECTED", "A"
    asked = asyncio.ensure_future(protocol.fetch("7", "(UID BODY.PEEK[])", by_uid=True))
    await asyncio.sleep(0)
    for piece in pieces:
        protocol.data_received(piece)
    async with asyncio.timeout(30):
        answer = await asked
    return answer.result, answer.lines, " ".join(type(line).__name__ for line in answer.lines)


def protocols() -> tuple[Any, Any]:
    """The library's and ours."""
    loop = asyncio.get_running_loop()
    return aioimaplib.IMAP4ClientProtocol(loop), imap._Protocol(loop)


@pytest.mark.parametrize("name", ANSWERS)
async def test_an_answer_is_read_as_the_library_reads_it_wherever_it_is_cut(name: str) -> None:
    """In one piece, in two with every place between them, and byte by byte."""
    answer = ANSWERS[name]
    cuts = [[answer], [answer[at : at + 1] for at in range(len(answer))]]
    cuts += [[answer[:at], answer[at:]] for at in range(1, len(answer))]
    for pieces in cuts:
        theirs, ours = protocols()
        assert await fetched(ours, pieces) == await fetched(theirs, pieces), pieces


async def test_thousands_of_lines_in_one_piece_end_in_an_answer() -> None:
    """As when another program has marked every mail: the library goes down by recursion and never comes back."""
    flags = b"".join(b"* %d FETCH (UID %d FLAGS (\\Seen))\r\n" % (number, number) for number in range(1, 5_001))
    result, lines, _ = await fetched(protocols()[1], [flags + ANSWERS["two mails"]])
    assert (result, len(lines)) == ("OK", 5_000 + 2 * 3 + 1)


@pytest.mark.parametrize(("function", "digest"), READ_OTHERWISE, ids=lambda one: getattr(one, "__qualname__", ""))
def test_the_library_is_the_one_that_the_client_was_made_for(function: Callable[..., Any], digest: str) -> None:
    """A new version may do more in these places: then look at `imap` first, and note the new digest after it."""
    found = hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:12]
    assert found == digest, f"{function.__qualname__} of aioimaplib has changed"
