"""The OpenAPI 3.1 description of `/api/v1`, made from the URL table and the types of its handlers."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

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
    "names its project in `X-Hub-Project` is answered 409 `other_project` once the session works in another one."
)


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
        str(code): {"description": "A problem", "content": {PROBLEM: {"schema": fault}}} for code in sorted(codes)
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
