"""Log-in, its limits, the second factor, sessions and tokens."""

import asyncio
import time
from typing import Any

import pyotp
import pytest

from hub.model.operator import Membership, Role
from hub.store.login_limits import LoginLimits
from tests.web.house import FOREIGN, MINE, PASSWORD, Client, House


async def sign_in(client: Client, email: str, password: str = PASSWORD, code: str | None = None) -> tuple[int, Any]:
    body = {"email": email, "password": password, **({"code": code} if code else {})}
    return await client.ask("POST", "/session", body)


def fresh_code(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(time.time() + 30 * steps)


async def with_totp(house: House) -> tuple[Client, str, str, list[str]]:
    """A signed-in browser, its e-mail address, the secret and the recovery codes."""
    operator = await house.operator()
    client = await house.signed_in(operator)
    status, offer = await client.ask("POST", "/me/totp", data=b"")
    assert status == 200
    assert offer["uri"].startswith("otpauth://")
    assert offer["qr_svg"].startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    status, codes = await client.ask("PUT", "/me/totp", {"code": fresh_code(offer["secret"], -1)})
    assert status == 200, codes
    return client, operator.email, offer["secret"], codes["recovery_codes"]


async def test_me_says_who_is_signed_in_and_what_they_may(house: House) -> None:
    client = await house.as_role(Role.OPERATOR)
    status, me = await client.ask("GET", "/me")
    assert status == 200
    assert me["rights"] == ["read", "reply"]
    assert me["role"] == "operator"
    assert me["project"]["id"] == MINE
    assert "password_hash" not in str(me)
    assert me["operator"]["totp"] is False


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(house: House) -> None:
    operator = await house.operator()
    client = await house.browser()
    async with client.session.post(
        "/api/v1/session", json={"email": operator.email.upper(), "password": PASSWORD}, headers=client.headers
    ) as answer:
        cookies = answer.headers.getall("Set-Cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie


async def test_unknown_address_and_wrong_password_look_the_same(house: House) -> None:
    operator = await house.operator()
    wrong = await sign_in(await house.browser(), operator.email, "not the phrase")
    unknown = await sign_in(await house.browser(), "nobody@example.test", "not the phrase")
    assert wrong == unknown
    assert wrong[0] == 401
    assert wrong[1]["code"] == "wrong_credentials"


async def test_an_operator_without_a_password_or_that_is_closed_cannot_sign_in(house: House) -> None:
    operator = await house.operator()
    await house.parts.accounts.set_active(operator.id, False)
    assert (await sign_in(await house.browser(), operator.email))[1]["code"] == "wrong_credentials"


async def test_guessing_is_slowed_down_and_the_wait_is_told(house: House) -> None:
    """Five guesses are free, also when they come at the same time; the right password waits like the others."""
    operator = await house.operator()
    client = await house.browser()
    results = await asyncio.gather(*(sign_in(client, operator.email, f"guess {n}") for n in range(12)))
    codes = [answer["code"] for _, answer in results]
    assert codes.count("wrong_credentials") == 5
    assert codes.count("too_many_attempts") == 7
    async with client.session.post(
        "/api/v1/session", json={"email": operator.email, "password": PASSWORD}, headers=client.headers
    ) as answer:
        assert answer.status == 429
        assert int(answer.headers["Retry-After"]) >= 1


async def test_the_owner_gets_in_with_a_known_browser_while_others_guess(house: House) -> None:
    operator = await house.operator()
    home = await house.signed_in(operator)
    await home.ask("DELETE", "/session")
    stranger = await house.browser()
    for n in range(8):
        await sign_in(stranger, operator.email, f"guess {n}")
    assert (await sign_in(stranger, operator.email))[0] == 429
    assert (await sign_in(home, operator.email))[0] == 200


async def test_the_device_cookie_of_one_account_opens_nothing_for_another(house: House) -> None:
    first, second = await house.operator(), await house.operator()
    home = await house.signed_in(first)
    await home.ask("DELETE", "/session")
    for n in range(8):
        await sign_in(home, second.email, f"guess {n}")
    assert (await sign_in(home, second.email))[0] == 429


async def test_limits_are_kept_in_the_database(house: House) -> None:
    """A restart forgives nobody: another process counts on where this one stopped."""
    limits = LoginLimits(house.pipeline.connection.database)
    waits = [await limits.attempt_doubling("restart") for _ in range(6)]
    assert waits[:5] == [0] * 5
    assert 0 < waits[5] <= 1
    again = LoginLimits(house.pipeline.connection.database)
    assert await again.attempt_doubling("restart") > 0
    await again.forget("restart")
    assert await again.attempt_doubling("restart") == 0


async def test_an_hourly_limit_holds_and_can_be_given_back(house: House) -> None:
    limits = LoginLimits(house.pipeline.connection.database)
    assert [await limits.attempt_hourly("hourly", 3) for _ in range(3)] == [0, 0, 0]
    assert 3500 < await limits.attempt_hourly("hourly", 3) <= 3600
    await limits.give_back("hourly")
    assert await limits.attempt_hourly("hourly", 3) == 0


async def test_the_delay_doubles_up_to_fifteen_minutes(house: House) -> None:
    database = house.pipeline.connection.database
    limits = LoginLimits(database)
    expected = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]
    for _ in range(5):
        await limits.attempt_doubling("doubling")
    for delay_s in expected:
        assert delay_s - 1 < await limits.attempt_doubling("doubling") <= delay_s
        await database["login_limits"].update_one({"_id": "doubling"}, {"$set": {"blocked_until": None}})
        await limits.attempt_doubling("doubling")


async def test_a_second_factor_is_asked_for_and_each_code_works_once(house: House) -> None:
    _, email, secret, _ = await with_totp(house)
    client = await house.browser()
    assert (await sign_in(client, email))[1]["code"] == "code_required"
    assert (await sign_in(client, email, code="000000"))[1]["code"] == "wrong_code"
    code = fresh_code(secret)
    assert (await sign_in(client, email, code=code))[0] == 200
    assert (await sign_in(await house.browser(), email, code=code))[1]["code"] == "wrong_code"


@pytest.mark.parametrize("wrong_s", [-3600, 3600])
async def test_a_wrong_clock_of_the_hub_keeps_nobody_out(
    house: House, monkeypatch: pytest.MonkeyPatch, wrong_s: int
) -> None:
    """Codes are held against the database's time, which phones share."""
    right = time.time
    _, email, secret, _ = await with_totp(house)
    code = pyotp.TOTP(secret).at(right())
    monkeypatch.setattr(time, "time", lambda: right() + wrong_s)
    assert (await sign_in(await house.browser(), email, code=code))[0] == 200


async def test_a_code_of_two_steps_ago_is_too_old(house: House) -> None:
    _, email, secret, _ = await with_totp(house)
    assert (await sign_in(await house.browser(), email, code=fresh_code(secret, -3)))[1]["code"] == "wrong_code"


async def test_a_code_older_than_one_that_was_used_is_refused(house: House) -> None:
    """Somebody who has seen the code before the last one cannot use it within its time either."""
    _, email, secret, _ = await with_totp(house)
    assert (await sign_in(await house.browser(), email, code=fresh_code(secret, 1)))[0] == 200
    assert (await sign_in(await house.browser(), email, code=fresh_code(secret)))[1]["code"] == "wrong_code"


async def test_a_race_with_one_code_has_one_winner(house: House) -> None:
    _, email, secret, _ = await with_totp(house)
    code = fresh_code(secret)
    browsers = [await house.browser() for _ in range(3)]
    results = await asyncio.gather(*(sign_in(browser, email, code=code) for browser in browsers))
    assert sorted(status for status, _ in results) == [200, 401, 401]


async def test_after_five_wrong_codes_one_waits(house: House) -> None:
    _, email, secret, _ = await with_totp(house)
    client = await house.browser()
    answers = [(await sign_in(client, email, code=f"00000{n}"))[1]["code"] for n in range(7)]
    assert "too_many_attempts" in answers[5:]
    assert (await sign_in(client, email, code=fresh_code(secret)))[0] == 429


async def test_a_recovery_code_works_once_and_however_it_is_written(house: House) -> None:
    _, email, _, codes = await with_totp(house)
    assert len(set(codes)) == 10
    written = codes[0].lower().replace("-", " ")
    assert (await sign_in(await house.browser(), email, code=written))[0] == 200
    assert (await sign_in(await house.browser(), email, code=codes[0]))[1]["code"] == "wrong_code"
    stored = await house.pipeline.connection.database["operators"].find_one({"email": email})
    assert stored is not None
    assert codes[1] not in str(stored)


async def test_the_second_factor_goes_off_with_the_password_only(house: House) -> None:
    client, email, _, _ = await with_totp(house)
    status, problem = await client.ask("DELETE", "/me/totp", {"password": "not the phrase"})
    assert (status, problem["code"]) == (422, "wrong_password")
    assert (await client.ask("DELETE", "/me/totp", {"password": PASSWORD}))[0] == 204
    assert (await sign_in(await house.browser(), email))[0] == 200


async def test_signing_out_ends_the_session_on_the_server(house: House) -> None:
    client = await house.as_role()
    kept = {cookie.key: cookie.value for cookie in client.session.cookie_jar}
    assert (await client.ask("DELETE", "/session"))[0] == 204
    status, problem = await client.ask("GET", "/me", cookies=kept)
    assert (status, problem["code"]) == (401, "not_signed_in")


async def test_sessions_are_listed_and_one_can_be_ended(house: House) -> None:
    operator = await house.operator()
    first, second = await house.signed_in(operator), await house.signed_in(operator)
    _, page = await first.ask("GET", "/me/sessions")
    assert [one["current"] for one in page["items"]].count(True) == 1
    assert len(page["items"]) == 2
    other = next(one["id"] for one in page["items"] if not one["current"])
    assert (await first.ask("DELETE", f"/me/sessions/{other}"))[0] == 204
    assert (await second.ask("GET", "/me"))[0] == 401
    assert (await first.ask("GET", "/me"))[0] == 200
    assert (await first.ask("DELETE", f"/me/sessions/{other}"))[0] == 404


async def test_nobody_ends_the_session_of_somebody_else(house: House) -> None:
    victim, other = await house.as_role(), await house.as_role()
    _, page = await victim.ask("GET", "/me/sessions")
    assert (await other.ask("DELETE", f"/me/sessions/{page['items'][0]['id']}"))[0] == 404
    assert (await victim.ask("GET", "/me"))[0] == 200


async def test_a_new_password_ends_every_other_session_and_every_token(house: House) -> None:
    operator = await house.operator()
    here, there = await house.signed_in(operator), await house.signed_in(operator)
    _, made = await here.ask("POST", "/me/tokens", {"name": "Script", "scopes": ["read"]})
    assert (await here.ask("POST", "/me/password", {"current": "wrong phrase", "new": "another phrase"}))[0] == 422
    for weak in ("short", "password123", "aaaaaaaaaaaa", operator.email):
        assert (await here.ask("POST", "/me/password", {"current": PASSWORD, "new": weak}))[0] == 422, weak
    assert (await here.ask("POST", "/me/password", {"current": PASSWORD, "new": "another phrase"}))[0] == 204
    assert (await here.ask("GET", "/me"))[0] == 200
    assert (await there.ask("GET", "/me"))[0] == 401
    program = await house.browser()
    assert (await program.ask("GET", "/me", headers={"Authorization": f"Bearer {made['token']}"}))[0] == 401
    assert (await sign_in(await house.browser(), operator.email))[0] == 401
    assert (await sign_in(await house.browser(), operator.email, "another phrase"))[0] == 200


async def test_a_new_role_ends_the_session(house: House) -> None:
    operator = await house.operator()
    client = await house.signed_in(operator)
    await house.parts.accounts.set_memberships(operator.id, [Membership(project=MINE, role=Role.ANALYST)])
    assert (await client.ask("GET", "/me"))[0] == 401


async def test_an_idle_session_ends(house: House) -> None:
    client = await house.as_role()
    sessions = house.pipeline.connection.database["operator_sessions"]
    _, page = await client.ask("GET", "/me/sessions")
    await sessions.update_one({"_id": page["items"][0]["id"]}, [{"$set": {"expires_at": {"$subtract": ["$$NOW", 1]}}}])
    assert (await client.ask("GET", "/me"))[0] == 401


async def test_the_store_holds_no_secret_in_the_clear(house: House) -> None:
    client = await house.as_role()
    _, made = await client.ask("POST", "/me/tokens", {"name": "Script", "scopes": ["read"]})
    _, ticket = await client.ask("POST", "/socket-ticket", {})
    cookies = [cookie.value for cookie in client.session.cookie_jar]
    database = house.pipeline.connection.database
    everything = ""
    for name in ("operator_sessions", "access_tokens", "tickets", "operators"):
        everything += str(await database[name].find().to_list())
    for secret in [made["token"], ticket["ticket"], *cookies, PASSWORD]:
        assert secret not in everything


async def test_a_token_does_what_its_scopes_and_the_role_allow(house: House) -> None:
    client = await house.as_role(Role.OPERATOR)
    conversation = await house.conversation()
    answers = {}
    for scope in ("read", "reply", "manage"):
        status, made = await client.ask("POST", "/me/tokens", {"name": scope, "scopes": [scope]})
        assert status == 201
        program = await house.browser()
        program.headers = {"Authorization": f"Bearer {made['token']}"}
        answers[scope] = [
            (await program.ask("GET", f"/conversations/{conversation}"))[0],
            (await program.ask("POST", f"/conversations/{conversation}/priority", {"key": scope, "priority": "high"}))[
                0
            ],
            (await program.ask("GET", "/parked"))[0],
            (await program.ask("GET", "/me"))[0],
            (await program.ask("GET", "/me/tokens"))[0],
            (await program.ask("POST", "/socket-ticket", {}))[0],
        ]
    assert answers["read"] == [200, 403, 403, 200, 403, 403]
    assert answers["reply"] == [403, 200, 403, 200, 403, 403]
    assert answers["manage"] == [403, 403, 403, 200, 403, 403]  # an operator's role has no such right


async def test_a_deleted_or_ended_token_is_refused(house: House) -> None:
    client = await house.as_role()
    _, made = await client.ask("POST", "/me/tokens", {"name": "Script", "scopes": ["read"]})
    program = await house.browser()
    program.headers = {"Authorization": f"Bearer {made['token']}"}
    assert (await program.ask("GET", "/me"))[0] == 200
    assert (await client.ask("DELETE", f"/me/tokens/{made['id']}"))[0] == 204
    assert (await program.ask("GET", "/me"))[1]["code"] == "bad_token"
    past = {"name": "Past", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}
    assert (await client.ask("POST", "/me/tokens", past))[1]["code"] == "expires_in_the_past"


async def test_a_request_with_a_token_and_a_cookie_is_refused(house: House) -> None:
    client = await house.as_role()
    status, problem = await client.ask("GET", "/me", headers={"Authorization": "Bearer swb_whatever"})
    assert (status, problem["code"]) == (400, "two_credentials")


@pytest.mark.parametrize(
    "changed",
    [{"X-Hub": ""}, {"X-Hub": "2"}, {"Content-Type": "text/plain"}, {"Sec-Fetch-Site": "cross-site"},
     {"Sec-Fetch-Site": "same-site"}],
)  # fmt: skip
async def test_a_request_that_another_site_could_cause_changes_nothing(house: House, changed: dict[str, str]) -> None:
    """Every route that changes something asks for it, signing in and out included."""
    client = await house.as_role()
    paths = [("POST", "/session"), ("DELETE", "/session"), ("PATCH", "/me"), ("POST", "/attachments?name=a.txt"),
             ("POST", "/socket-ticket")]  # fmt: skip
    for method, path in paths:
        status, problem = await client.ask(method, path, data=b"{}", headers=changed)
        assert (status, problem["code"]) == (403, "csrf"), path
    assert (await client.ask("GET", "/me"))[0] == 200


async def test_a_ticket_opens_once_and_not_after_signing_out(house: House) -> None:
    client = await house.as_role()
    accounts = house.parts.accounts
    _, first = await client.ask("POST", "/socket-ticket", {})
    opened = await accounts.redeem_ticket(first["ticket"])
    assert opened is not None
    assert opened[0].project == MINE
    assert await accounts.viewer_of_session_id(opened[1]) == opened[0]
    assert await accounts.redeem_ticket(first["ticket"]) is None
    _, second = await client.ask("POST", "/socket-ticket", {})
    await client.ask("DELETE", "/session")
    assert await accounts.redeem_ticket(second["ticket"]) is None
    assert await accounts.viewer_of_session_id(opened[1]) is None
    assert await accounts.redeem_ticket("x") is None


async def test_a_foreign_admin_is_nobody_here(house: House) -> None:
    client = await house.as_role(Role.ADMIN, project=FOREIGN)
    ours = await house.operator()
    _, me = await client.ask("GET", "/me")
    assert me["project"]["id"] == FOREIGN
    _, people = await client.ask("GET", "/operators")
    assert me["operator"]["id"] in [one["id"] for one in people["items"]]
    assert ours.id not in [one["id"] for one in people["items"]]
