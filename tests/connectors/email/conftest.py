"""One Dovecot and one Postfix for all tests of e-mail."""

from collections.abc import Iterator

import pytest

from hub.model.ids import new_id
from tests.connectors.email.shop import Shop
from tests.mail_servers import MailServers, mail_servers


@pytest.fixture(scope="module")
def servers() -> Iterator[MailServers]:
    """The servers, started by the first test of a file that needs them."""
    with mail_servers() as running:
        yield running


@pytest.fixture
def shop(servers: MailServers) -> Shop:
    """A mailbox of this test."""
    name = new_id()[-8:]
    return Shop(servers, f"shop-{name}@example.test", f"customer-{name}@example.test")
