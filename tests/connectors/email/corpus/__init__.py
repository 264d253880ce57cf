"""A corpus of mails of our own making, each with the record of what it has to mean."""

from collections.abc import Sequence

from tests.connectors.email.corpus.automatic import AUTOMATIC
from tests.connectors.email.corpus.bounces import BOUNCES
from tests.connectors.email.corpus.case import Case
from tests.connectors.email.corpus.hostile import HOSTILE
from tests.connectors.email.corpus.odd import ODD
from tests.connectors.email.corpus.quoting import QUOTING

CASES: Sequence[Case] = (*QUOTING, *ODD, *AUTOMATIC, *BOUNCES, *HOSTILE)
