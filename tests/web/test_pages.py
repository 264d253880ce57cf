"""Pages, their headers, the description of the API, health and metrics."""

import asyncio
import re
import sys
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from prometheus_client import CollectorRegistry, generate_latest

from hub.model.operator import Role
from hub.settings import Settings
from hub.web.auth import CookieNames
from hub.web.openapi import describe
from hub.web.problems import Problem
from hub.web.routes import ROUTES
from hub.web.security_headers import SecurityHeaders
from hub.web.traffic import Traffic
from tests.web.house import METRICS_TOKEN, MINE, House, ids_of


async def test_the_inbox_answers_its_own_addresses_with_a_strict_policy(house: House) -> None:
    client = await house.browser()
    nonces = set()
    for path in ("/", "/conversations/abc", "/settings/channels"):
        async with client.session.get(path) as answer:
            text, policy = await answer.text(), answer.headers["Content-Security-Policy"]
            assert answer.status == 200
            assert "inbox" in text
        nonce = re.search(r"content=(\S+)>", text)
        assert nonce
        assert f"'nonce-{nonce[1]}'" in policy
        nonces.add(nonce[1])
        assert "unsafe" not in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert len(nonces) == 3


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/nothing", "/chat/v1/x", "/static/nothing.js", "/missing.js", "/ws/nothing",
             "/static/../../../settings.py",
             "/static/%2e%2e/%2e%2e/server.py", "/static/inbox/index.html", "/static/%00"]
)  # fmt: skip
async def test_what_does_not_exist_is_a_problem_document(house: House, path: str) -> None:
    client = await house.browser()
    async with client.session.get(path) as answer:
        assert answer.status == 404
        assert answer.content_type == "application/problem+json"
        assert Problem.model_validate(await answer.json(content_type=None)).code == "not_found"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


async def test_a_wrong_method_names_the_right_ones(house: House) -> None:
    client = await house.browser()
    async with client.session.put("/api/v1/me", json={}) as answer:
        assert answer.status == 405
        assert set(answer.headers["Allow"].split(",")) == {"GET", "PATCH"}
        assert (await answer.json(content_type=None))["code"] == "method_not_allowed"


async def test_any_site_may_load_the_widget_and_nothing_else(house: House) -> None:
    client = await house.browser()
    async with client.session.get("/widget.js", headers={"Origin": "https://shop.example"}) as answer:
        assert answer.status == 200
        assert "javascript" in answer.content_type
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    async with client.session.get("/static/assets/app-1234.js") as answer:
        assert answer.status == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_over_https_cookies_are_bound_to_the_host_and_the_browser_stays_there(tmp_path: Path) -> None:
    settings = Settings(base_url="https://hub.example", data_dir=tmp_path)
    assert CookieNames(settings).session == "__Host-hub_session"
    assert "Strict-Transport-Security" in SecurityHeaders(secure=True)._headers


async def test_health_says_ok_and_no_more(house: House) -> None:
    client = await house.browser()
    async with client.session.get("/healthz") as answer:
        assert (answer.status, await answer.text()) == (200, '{"ok":true}')
    async with client.session.get("/readyz") as answer:
        assert answer.status == 200


async def test_the_numbers_are_for_the_bearer_of_the_token(house: House) -> None:
    client = await house.browser()
    for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": METRICS_TOKEN}):
        async with client.session.get("/metrics", headers=header) as answer:
            assert answer.status == 401
    async with client.session.get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}) as answer:
        text = await answer.text()
    assert answer.status == 200
    assert 'hub_http_requests_total{method="GET",route="/metrics",status="401"} 3.0' in text
    assert 'hub_http_request_seconds_count{method="GET",route="/metrics"} 3.0' in text


async def test_what_is_counted_has_no_more_names_than_the_hub_has_routes(house: House) -> None:
    """Odd methods and addresses are counted together, so that nobody can fill the memory with lines."""
    client = await house.browser()
    for number, method in enumerate(("PROPFIND", "MKCOL", "LOCK")):
        async with client.session.request(method, f"/api/v1/odd{number}") as answer:
            assert answer.status == 404
    async with client.session.get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}) as answer:
        lines = [line for line in (await answer.text()).splitlines() if "_total{" in line]
    assert [line for line in lines if 'method="other",route="other",status="404"' in line]
    assert not [line for line in lines if "odd" in line or "LOCK" in line]


def test_a_request_counts_in_each_limit_that_holds_it() -> None:
    """The buckets of Prometheus are sums: what took 0.3 s is in those of 0.5 s and more."""
    registry, traffic = CollectorRegistry(), Traffic()
    registry.register(traffic)
    for took_s in (0.004, 0.3, 30.0):
        traffic.count("GET", "/healthz", 200, took_s)
    traffic.count("GET", "/healthz", 101, 9.0)  # a socket, which lasts as long as it likes
    text = generate_latest(registry).decode()
    place = 'method="GET",route="/healthz"'
    assert f'hub_http_request_seconds_bucket{{le="0.005",{place}}} 1.0' in text
    assert f'hub_http_request_seconds_bucket{{le="0.25",{place}}} 1.0' in text
    assert f'hub_http_request_seconds_bucket{{le="0.5",{place}}} 2.0' in text
    assert f'hub_http_request_seconds_bucket{{le="+Inf",{place}}} 3.0' in text
    assert f"hub_http_request_seconds_sum{{{place}}} 30.304" in text
    assert f'hub_http_requests_total{{{place},status="101"}} 1.0' in text


async def test_the_description_is_valid_and_complete(house: House) -> None:
    client = await house.browser()
    status, description = await client.ask("GET", "/openapi.json")
    assert status == 200
    assert description["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(description).validate()
    described = {(method.upper(), path) for path, operations in description["paths"].items() for method in operations}
    assert described == {(route.method, route.path) for route in ROUTES if route.is_api}
    names = [operation["operationId"] for one in description["paths"].values() for operation in one.values()]
    assert len(names) == len(set(names))


def test_every_described_operation_says_what_it_does() -> None:
    for one in describe(ROUTES)["paths"].values():
        for operation in one.values():
            assert operation["summary"], operation["operationId"]
            assert "For " in operation["description"], operation["operationId"]
            for code, answer in operation["responses"].items():
                assert int(code) < 300 or len(answer["description"]) > 30, (operation["operationId"], code)


def test_the_description_says_who_may_call_an_operation() -> None:
    """An integrator learns from it which scope a token needs, and what a key is for."""
    described = describe(ROUTES)
    writing = described["paths"]["/api/v1/conversations/{conversation}/messages"]["post"]
    assert "a token needs the scope `reply`" in writing["description"]
    assert "`analyst`" not in writing["description"]
    assert "a token is not enough" in described["paths"]["/api/v1/me/tokens"]["post"]["description"]
    assert "nothing happens twice" in described["components"]["schemas"]["Keyed"]["properties"]["key"]["description"]


async def test_the_viewer_runs_scripts_of_our_own_only(house: House) -> None:
    client = await house.browser()
    async with client.session.get("/api/docs") as answer:
        assert answer.status == 200
        assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
        assert "<script>" not in await answer.text()


CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


async def hammer(house: House, folder: Path, known: dict[str, str], *arguments: str) -> str:
    """Run schemathesis against the running hub; its report. Fails when it has found something.

    `known` are values of paths that exist, so that requests come further than "there is no such thing".
    """
    config = folder / "schemathesis.toml"
    config.write_text("[parameters]\n" + "".join(f'"path.{name}" = "{value}"\n' for name, value in known.items()))
    url = str(house.server.make_url("/api/v1/openapi.json"))
    program = Path(sys.executable).parent / "schemathesis"
    process = await asyncio.create_subprocess_exec(
        program, "--config-file", config, "run", url, "--seed", "1", "--max-examples", "10",
        "--phases", "examples,coverage,fuzzing",
        "--checks", CHECKS,
        "--generation-database", "none", "--request-timeout", "20", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(330):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    text = output.decode()
    assert process.returncode == 0, text[-8000:]

    return text


@pytest.mark.timeout(400)
async def test_generated_requests_of_a_program_find_no_server_error(house: House, tmp_path: Path) -> None:
    """Schemathesis with a token that may everything: no 500, no status or shape that the description does not name."""
    admin = await house.as_role(Role.ADMIN)
    known = await ids_of(house, MINE)
    scopes = ["read", "reply", "manage", "connect"]
    _, made = await admin.ask("POST", "/me/tokens", {"name": "Generated requests", "scopes": scopes})
    header = f"Authorization: Bearer {made['token']}"
    await hammer(house, tmp_path, known, "-H", header, "--exclude-operation-id", "session_sign_in")


@pytest.mark.timeout(400)
async def test_generated_requests_of_a_browser_find_no_server_error(house: House, tmp_path: Path) -> None:
    """The same for one's own account, which takes sessions only."""
    client = await house.as_role(Role.ADMIN)
    cookie = next(one.value for one in client.session.cookie_jar if one.key == "hub_session")
    await hammer(
        house, tmp_path, {}, "-H", f"Cookie: hub_session={cookie}", "-H", "X-Hub: 1",
        "--include-path-regex", r"^/api/v1/(me|session|socket-ticket)", "--exclude-operation-id", "session_sign_out",
    )  # fmt: skip
