"""The OpenAPI 3.1 description of `/api/v1`, made from the URL table and the types of its handlers."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from hub.model.operator import RIGHTS, Right, Role
from hub.model.sign_in import SCOPE_RIGHTS, TokenScope
from hub.web.auth import SAFE_METHODS
from hub.web.body import BYTES, JSON
from hub.web.problems import Problem
from hub.web.route import Access, Route

REF = "#/components/schemas/{model}"
PROBLEM = "application/problem+json"
Json = dict[str, Any]
ABOUT = (
    "Errors are problem documents (RFC 9457) with a stable `code`. Lists answer `items` and `next`, the cursor of the "
    "next page. Programs sign in with a personal access token; browsers with the session cookie, and then every "
    "request that changes something carries the headers `X-Hub: 1` and `Content-Type: application/json`. A page that "
    "names its project in `X-Hub-Project` is answered 409 `other_project` once the session works in another one, and "
    "one that names its person in `X-Hub-Operator` 409 `other_operator` once it is somebody else's.\n\n"
    "A token is made in the inbox (*Settings*, *Access tokens*), goes into `Authorization: Bearer ...`, works in the "
    "project it was made in, and may do what its scopes and its person's role both allow. Where a body has a `key`, "
    "repeat a request whose answer was lost with the same one. Values that a later version adds to answers are to be "
    "ignored; unknown ones in requests are refused."
)

PROBLEMS = {
    400: "The body or a value cannot be read at all, such as what is not JSON.",
    401: "Nobody is signed in, or the password, the code or the token is not right.",
    403: "The role or the token's scope does not allow it, or a browser's request lacks its headers (`csrf`).",
    404: "It does not exist, or not for whoever asks: the two look the same.",
    408: "The body took too long to arrive.",
    409: "Somebody else was first, or what it is about is in another state: read again and decide. `code` says which.",
    410: "It was there and is kept no longer.",
    413: "The body is too big: `extra.limit_bytes` says what is allowed.",
    415: "The body is of another kind than this takes, or compressed.",
    422: "A value does not fit: `extra.errors` says where (`at`) and why (`reason`), or `code` says what is wrong.",
    429: "Too many requests: again after as many seconds as `Retry-After` says.",
    503: "Nothing can be accepted just now: the same request again, after as many seconds as `Retry-After` says.",
}


def describe(routes: Sequence[Route]) -> Json:
    """The description of those of `routes` that belong to the API."""
    described = [route for route in routes if route.is_api and route.access is not Access.OWN]
    slots: list[tuple[tuple[int, str], JsonSchemaMode, TypeAdapter[Any]]] = []
    for number, route in enumerate(described):
        if route.body is not None:
            slots.append(((number, "body"), "validation", route.body))
        if route.result is not None:
            slots.append(((number, "result"), "serialization", route.result))
        if route.query is not None:
            slots.append(((number, "query"), "validation", TypeAdapter(route.query)))
    slots.append(((-1, "problem"), "serialization", TypeAdapter(Problem)))
    schemas, definitions = TypeAdapter.json_schemas(slots, ref_template=REF)
    components: Json = definitions.get("$defs", {})
    found = {key: schema for (key, _), schema in schemas.items()}
    paths: Json = {}
    for number, route in enumerate(described):
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, number, found, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Switchboard", "version": _version(), "description": ABOUT},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A personal access token."},
                "session": {"type": "apiKey", "in": "cookie", "name": "hub_session"},
            },
        },
    }


def _operation(route: Route, number: int, found: dict[tuple[int, str], Json], components: Json) -> Json:
    operation: Json = {
        "operationId": route.name,
        "summary": route.summary,
        "description": _description(route),
        "tags": [route.tag or route.path.split("/")[3]],
        "security": _security(route),
        "parameters": _parameters(route, found.get((number, "query")), components),
        "responses": _responses(route, found.get((number, "result")), found[-1, "problem"]),
    }
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": found[number, "body"]}}}
    elif route.takes is not None:
        operation["requestBody"] = {"required": True, "content": {BYTES: {"schema": {}}}}
    return operation


def _description(route: Route) -> str:
    """What the handler says besides, and who may call it."""
    return "\n\n".join(part for part in (route.more, _who(route)) if part)


def _who(route: Route) -> str:
    match route.access:
        case Right() as right:
            roles = ", ".join(f"`{role}`" for role in Role if right in RIGHTS[role])
            scopes = " or ".join(f"`{scope}`" for scope in TokenScope if right in SCOPE_RIGHTS[scope])
            return f"For the roles {roles}; a token needs the scope {scopes}."
        case Access.SESSION:
            return "For whoever is signed in; a token is not enough."
        case Access.SIGNED_IN:
            return "For whoever is signed in, and for every token."
        case _:
            return "For everybody."


def _security(route: Route) -> list[Json]:
    match route.access:
        case Access.PUBLIC | Access.OWN:
            return []
        case Access.SESSION:
            return [{"session": []}]
        case _:
            return [{"token": []}, {"session": []}]


def _parameters(route: Route, query: Json | None, components: Json) -> list[Json]:
    parameters: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": kind.json_schema(ref_template=REF)}
        for name, kind in route.path_types.items()
    ]
    if query is not None:
        if "$ref" in query:
            query = components[query["$ref"].rsplit("/", 1)[-1]]
        assert query is not None
        parameters += [
            {"name": name, "in": "query", "required": name in query.get("required", ()), "schema": schema}
            for name, schema in query["properties"].items()
        ]
    return parameters


def _responses(route: Route, result: Json | None, fault: Json) -> Json:
    codes = {*route.errors}
    if route.access is not Access.PUBLIC:
        codes |= {400, 401, 403, 429}
    if route.method not in SAFE_METHODS:
        codes |= {403}
    if route.path_types:
        codes |= {404}
    if route.query is not None:
        codes |= {422}
    if route.body is not None:
        codes |= {400, 408, 413, 415, 422}
    codes |= {503}
    responses: Json = {
        str(code): {"description": PROBLEMS[code], "content": {PROBLEM: {"schema": fault}}} for code in sorted(codes)
    }
    good: Json = {"description": "Done"}
    if route.gives is not None:
        good["content"] = {route.gives.value: {"schema": {}}}
    elif result is not None:
        good["content"] = {JSON: {"schema": result}}
    status = route.status if result is not None or route.gives is not None else 204
    responses[str(status)] = good
    return responses


def _version() -> str:
    try:
        return version("switchboard-hub")
    except PackageNotFoundError:
        return "0"
