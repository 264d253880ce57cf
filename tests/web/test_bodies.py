"""Bodies that are no JSON, or JSON that two parsers read differently."""

import json
import time
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.model.strict_json import BadJson, parse_json
from tests.web.house import House

POISON = {
    "nothing": (b"", "bad_json"),
    "half an object": (b'{"email": ', "bad_json"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "bad_json"),
    "UTF-16": ('{"email": "x"}'.encode("utf-16"), "not_utf8"),
    "invalid UTF-8": (b'{"email": "\xff\xfe"}', "not_utf8"),
    "an overlong NUL": (b'{"email": "\xc0\x80"}', "not_utf8"),
    "a repeated key": (b'{"email": "a", "email": "b"}', "duplicate_key"),
    "a repeated key, escaped": (b'{"email": "a", "\\u0065mail": "b"}', "duplicate_key"),
    "NaN": (b'{"email": NaN}', "bad_json"),
    "Infinity": (b'{"email": -Infinity}', "bad_json"),
    "an infinite number": (b'{"email": 1e999}', "number_too_big"),
    "an integer of 65 bit": (b'{"email": 18446744073709551616}', "number_too_big"),
    "an integer of ten thousand digits": (b'{"email": ' + b"9" * 10_000 + b"}", "number_too_big"),
    "a lone surrogate": (b'{"email": "\\ud800"}', "bad_text"),
    "a lone surrogate in a key": (b'{"\\udfff": 1}', "bad_text"),
    "NUL in a key": (b'{"a\\u0000b": 1}', "bad_key"),
    "deep arrays": (b"[" * 100_000, "too_deep"),
    "deep objects": (b'{"a":' * 40_000, "too_deep"),
    "many keys": (b"{" + b",".join(b'"k%d":1' % n for n in range(1_001)) + b"}", "too_many_keys"),
    "two values": (b"{} {}", "bad_json"),
    "a control character": (b'{"email": "a\nb"}', "bad_json"),
}


@pytest.mark.parametrize("case", POISON)
async def test_a_poisonous_body_is_refused_with_400_in_little_time(house: House, case: str) -> None:
    """Whatever the body is, the answer is a problem document with the code of its fault, never a 500."""
    raw, code = POISON[case]
    client = await house.browser()
    began = time.perf_counter()
    status, problem = await client.ask("POST", "/session", data=raw)
    assert (status, problem["code"]) == (400, code)
    assert problem["status"] == 400
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_form_is_not_taken_as_json(house: House, kind: str) -> None:
    """What any page can send without asking the browser's leave is no request of ours."""
    client = await house.browser()
    status, problem = await client.ask("POST", "/session", data=b"{}", headers={"Content-Type": kind})
    assert (status, problem["code"]) == (403, "csrf")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-16", "application/json; charset=nonsense"])
async def test_another_charset_is_refused(house: House, kind: str) -> None:
    client = await house.browser()
    status, problem = await client.ask("POST", "/session", data=b"{}", headers={"Content-Type": kind})
    assert (status, problem["code"]) == (415, "wrong_media_type")


async def test_a_body_over_the_limit_is_refused_before_it_is_read(house: House) -> None:
    client = await house.browser()
    big = json.dumps({"email": "x" * 300_000}).encode()

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(big), 65_536):
            yield big[start : start + 65_536]

    for data in (big, pieces()):  # with a length in the head, and without one
        status, problem = await client.ask("POST", "/session", data=data)
        assert (status, problem["code"]) == (413, "too_big")


async def test_a_compressed_body_is_refused(house: House) -> None:
    client = await house.browser()
    status, problem = await client.ask(
        "POST", "/session", data=b"{}", headers={"Content-Encoding": "gzip"}, compress=False
    )
    assert status in (400, 415), problem


@pytest.mark.parametrize("body", [[], "text", 5, None, True, {"email": ["a"]}, {"email": {"$ne": None}}, {"email": 5}])
async def test_a_mistyped_body_is_422_and_does_not_repeat_what_was_sent(house: House, body: object) -> None:
    client = await house.browser()
    status, problem = await client.ask("POST", "/session", data=json.dumps(body).encode())
    assert (status, problem["code"]) == (422, "body_invalid")
    assert "$ne" not in json.dumps(problem)


async def test_an_unknown_field_is_refused(house: House) -> None:
    """Mass assignment: role, project, status and position are in no writable model."""
    client = await house.as_role()
    for field in ("role", "project", "memberships", "password_hash", "id", "active"):
        status, problem = await client.ask("PATCH", "/me", {"name": "New name", field: "admin"})
        assert (status, problem["code"]) == (422, "body_invalid"), field


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=5)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@given(JSON_VALUES)
@settings(max_examples=200, derandomize=True)
def test_every_honest_value_is_read_as_the_standard_library_reads_it(value: object) -> None:
    for ascii_only in (True, False):
        raw = json.dumps(value, ensure_ascii=ascii_only).encode()
        assert parse_json(raw, depth=64) == value


@given(st.binary(max_size=200) | st.text(alphabet='[]{}",:\\u0dD8e+-.129 ', max_size=80).map(str.encode))
@settings(max_examples=500, derandomize=True)
def test_whatever_the_bytes_the_only_error_is_ours(raw: bytes) -> None:
    try:
        value = parse_json(raw)
    except BadJson:
        return
    assert json.loads(raw) == value


NAMES = st.text(alphabet="ab{,", max_size=2)
PAIRS = st.lists(st.tuples(NAMES, st.text() | st.just(1) | st.lists(st.text(), max_size=2)), max_size=4)


@given(PAIRS, st.sampled_from(["", " ", "\n\t"]))
@settings(max_examples=500, derandomize=True)
def test_repeated_key_is_found_among_plain_texts(pairs: list[tuple[str, object]], space: str) -> None:
    """What holds texts alone is read by another parser, which takes the last of two."""
    members = [f"{json.dumps(name)}{space}:{json.dumps(value, ensure_ascii=False)}" for name, value in pairs]
    raw = f"{{{f'{space},'.join(members)}}}{space}".encode()
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        with pytest.raises(BadJson) as refused:
            parse_json(raw)
        assert refused.value.code == "duplicate_key"
    else:
        assert parse_json(raw) == dict(pairs)


def test_unterminated_strings_cost_one_pass() -> None:
    """A quarter of a megabyte of escaped quotes without an end must not cost a pass for each of them."""
    began = time.perf_counter()
    with pytest.raises(BadJson):
        parse_json(b'"' + b'\\"' * 130_000)
    assert time.perf_counter() - began < 0.5


def test_brackets_in_strings_are_not_depth() -> None:
    assert parse_json(b'["' + b"[" * 100 + b'", "\\"[[[[[[[[[[[[[[[[[[[["]') == ["[" * 100, '"' + "[" * 20]
