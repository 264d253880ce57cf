"""One Dovecot and one Postfix for all tests of e-mail."""

from collections.abc import Iterator

import pytest

from tests.mail_servers import MailServers, mail_servers


@pytest.fixture(scope="module")
def servers() -> Iterator[MailServers]:
    """The servers, started by the first test of a file that needs them."""
    with mail_servers() as running:
        yield running
