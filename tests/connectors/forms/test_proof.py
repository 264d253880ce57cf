"""The proof of work before a form: solved once, in time, for this channel."""

import base64
import json
from datetime import timedelta
from typing import Any

import altcha
import pytest

from connectors.forms.proof import LASTS, Proofs
from tests.connectors.doubles import NOON
from tests.connectors.forms.sender import forming

PROOFS = Proofs(b"k" * 32)


def solved(challenge: Any) -> str:
    """What a browser sends back: found by the library of the protocol's own authors."""
    made = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(made)
    assert solution is not None
    return altcha.Payload(made, solution).to_base64()


def changed(payload: str, **parameters: object) -> str:
    """A payload whose challenge says something else."""
    told = json.loads(base64.b64decode(payload))
    told["challenge"]["parameters"].update(parameters)
    return base64.b64encode(json.dumps(told).encode()).decode()


def test_solved_challenge_counts_once() -> None:
    """A second time it is no proof of any work."""
    payload = solved(PROOFS.challenge(NOON))
    assert PROOFS.holds(payload, NOON)
    assert not PROOFS.holds(payload, NOON)


def test_challenge_ends() -> None:
    """Nobody keeps a store of them."""
    payload = solved(PROOFS.challenge(NOON))
    assert not PROOFS.holds(payload, NOON + LASTS + timedelta(seconds=1))


@pytest.mark.parametrize(
    "change", [{"cost": 1}, {"keyPrefix": ""}, {"data": {"until": 4_000_000_000}}, {"nonce": "00" * 16}]
)
def test_easier_challenge_is_none_of_ours(change: dict[str, object]) -> None:
    """Whatever is changed, its signature no longer holds."""
    payload = solved(PROOFS.challenge(NOON))
    assert not PROOFS.holds(changed(payload, **change), NOON)


@pytest.mark.parametrize("payload", ["", "x", "e30=", "bnVsbA==", "W10=", "A" * 5_000])
def test_anything_else_is_refused(payload: str) -> None:
    assert not PROOFS.holds(payload, NOON)


def test_challenge_of_another_channel_does_not_count() -> None:
    assert not Proofs(b"x" * 32).holds(solved(PROOFS.challenge(NOON)), NOON)


async def test_endpoint_asks_for_a_proof_where_its_channel_does() -> None:
    """Without one it is refused with a code that scripts know; with one the form is kept, and says nothing of it."""
    async with forming(altcha=True) as at:
        refused = await at.json({"name": "Sample"})
        assert (refused.status, refused.json["code"]) == (422, "altcha")
        async with at.session.get(f"{at.url}/altcha") as answer:
            challenge = await answer.json()
        payload = solved(challenge)
        assert (await at.json({"name": "Sample", "altcha": payload})).status == 200
        assert (await at.json({"name": "Other", "altcha": payload})).status == 422
        [event] = at.hub.events
        assert "altcha" not in event.model_dump_json()
    async with forming() as at:
        assert (await at.json({"name": "Sample"})).status == 200
