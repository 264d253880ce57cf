"""Reasons: every code that is used has its sentences in both languages, and names what is told of it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.email import automatic, refusals, tidying
from connectors.email.sending_limit import SendingLimit
from connectors.errors import ChannelThrottled, ContactUnreachable, MessageRejected, PayloadInvalid
from connectors.reasons import REASONS, as_said, sentence, why
from hub.model.why import Why

ROOT = Path(__file__).parents[2]
PLACE = re.compile(r"\{(\w+)\}")
BY_CODE_OF_PAYLOAD = frozenset(
    {"bad_payload", "body_invalid", "broken_multipart", "headers_too_large", "no_fields", "no_headers", "no_object",
     "too_deep", "too_large", "too_many_fields", "too_many_files", "too_many_parts", "unknown_event", "unknown_type",
     "bad_json"}
)  # fmt: skip
BY_CODE_OF_DELIVERY = frozenset({"cancelled", "uncertain", "unreachable"})
AS_SERVICES_SAY = frozenset({"empty_file"})
"""Said word for word by a service of the hub."""
LIMITS = [SendingLimit(hour, day).why(mailing=mailing) for hour, day in ((9, None), (None, 9), (9, 9))
          for mailing in (False, True)]  # fmt: skip


def used() -> Iterator[tuple[str, str, frozenset[str]]]:
    """Each call of `why` with a code: where, the code, and the names of its facts."""
    for path in [*(ROOT / "connectors").rglob("*.py"), *(ROOT / "hub").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            names = [name.id for name in (node.func, *node.args[:1]) if isinstance(name, ast.Name)]
            codes = [one.value for one in node.args[:2] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if names[:1] == ["why"] and codes:
                facts = frozenset(word.arg for word in node.keywords if word.arg)
                yield f"{path.relative_to(ROOT)}:{node.lineno}", codes[0], facts


USED = list(used())


@pytest.mark.parametrize("code", sorted(REASONS))
def test_every_code_has_both_languages_with_the_same_facts(code: str) -> None:
    words = REASONS[code]
    assert set(words) == {"en", "ru"}
    assert all(text.strip() and text.endswith((".", "?")) for text in words.values())
    assert set(PLACE.findall(words["en"])) == set(PLACE.findall(words["ru"]))
    assert re.search("[а-яё]", words["ru"])
    assert not re.search("[а-яё]", words["en"])


def test_every_code_that_is_used_has_a_sentence_and_its_facts() -> None:
    """A fact that the sentence does not have would be lost, one that it misses shown as a name in braces."""
    assert len(USED) > 80
    assert not [(place, code) for place, code, _ in USED if code not in REASONS]
    wrong = [(place, code) for place, code, facts in USED if facts != set(PLACE.findall(REASONS[code]["en"]))]
    assert not wrong


def test_every_sentence_is_used() -> None:
    """Of what nobody says, nothing is translated."""
    kinds = {kind for _, kind in refusals.KINDS} | {"smtp_refused"}
    bounces = {*automatic.MEANINGS.values(), automatic.UNTOLD.code}
    limits = {reason.code for reason in LIMITS}
    undone = set(tidying.UNDONE.values())
    said = {code for _, code, _ in USED} | kinds | bounces | limits | undone
    assert set(REASONS) - said - BY_CODE_OF_PAYLOAD - BY_CODE_OF_DELIVERY - AS_SERVICES_SAY == set()
    assert (kinds | bounces | limits | undone) <= set(REASONS)


@pytest.mark.parametrize("reason", LIMITS, ids=lambda reason: reason.code)
def test_a_limit_of_the_mailbox_is_named_in_full(reason: Why) -> None:
    assert "{" not in sentence(reason, "ru")


def test_what_a_server_says_stands_behind_the_sentence() -> None:
    reason = why("smtp_refused", "5.0.0 Go away", recipient="a@example.org", status=554)
    assert sentence(reason) == "The mail server refused the mail to a@example.org (554). “5.0.0 Go away”"
    assert sentence(reason, "ru").startswith("Почтовый сервер не принял письмо для a@example.org (554).")


def test_words_without_a_code_stay_as_they_are() -> None:
    assert sentence(as_said("The tape broke."), "ru") == "The tape broke."
    assert str(MessageRejected("odd", "The tape broke.")) == "The tape broke."
    assert ContactUnreachable("Gone.").why.said == "Gone."


def test_a_wait_that_nobody_explains_is_explained() -> None:
    assert ChannelThrottled(7).why.facts == {"seconds": "7"}


def test_a_payload_is_explained_by_its_code_and_the_detail_below() -> None:
    """The detail is for whoever wrote the program at the other end, and stays in English."""
    assert PayloadInvalid("`a` is missing.").why.code == "bad_payload"
    assert PayloadInvalid("Deep.", "too_deep").why == why("too_deep", "Deep.")
    assert PayloadInvalid("Odd.", "of_a_newer_kind").why.code == "bad_payload"
    assert str(PayloadInvalid("Odd.", "too_deep")) == "Odd."
