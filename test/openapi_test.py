#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The HTTP API as it is told: docs/describe/openapi.json is what the route table prints, is OpenAPI 3.1, and docs/API.md names
every route of it. The rules are those of the specification (spec.openapis.org/oas/v3.1.0), checked here by hand."""
import re

from house import *

SOURCE = pathlib.Path(os.environ.get("CUSTODY_SOURCE", "."))
METHODS = {"get", "post", "put", "patch", "delete"}
KEYWORDS = {"type", "properties", "required", "additionalProperties", "items", "anyOf", "pattern", "format", "minimum", "maximum",
            "contentEncoding", "description", "$ref"}
TYPES = {"object", "array", "string", "integer", "boolean", "null"}


def told():
    text = subprocess.run([BIN / "custodyd", "--openapi"], check=True, capture_output=True, text=True).stdout
    return text, json.loads(text, object_pairs_hook=unique)


def unique(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"a name twice in one object: {names}"
    return dict(pairs)


def operations(whole):
    return [(method, path, operation) for path, item in whole["paths"].items() for method, operation in item.items()]


def table_rows():
    """The route table, read as text: by nothing that the program itself prints."""
    text = (SOURCE / "src/api/table.c").read_text()
    return re.findall(r'\{(CONSOLE|AGENT|OPERATOR),\s*(GET|POST|PUT|PATCH|DELETE),\s*"([^"]+)",\s*RIGHT_(\w+)', text)


def what_is_committed_is_what_the_route_table_prints():
    text, _ = told()
    assert text == (SOURCE / "docs/describe/openapi.json").read_text(), "docs/describe/openapi.json is old: ./dev describe"


def every_route_is_in_it_with_its_door_and_its_right():
    _, whole = told()
    found, rows = {(method.upper(), path): operation for method, path, operation in operations(whole)}, table_rows()
    assert {(method, path) for _, method, path, _ in rows} == set(found) and len(rows) > 200
    doors = {"CONSOLE": "console", "AGENT": "agents", "OPERATOR": "operator"}
    for door, method, path, right in rows:
        operation = found[method, path]
        assert doors[door] in operation["x-doors"], (method, path)
        assert operation["x-right"] == right.lower() or len(operation["x-doors"]) == 2, (method, path)


def it_has_the_shape_that_the_specification_wants():
    _, whole = told()
    assert re.fullmatch(r"3\.1\.\d+", whole["openapi"]) and whole["info"]["title"] and whole["info"]["version"]
    assert set(whole) <= {"openapi", "info", "servers", "paths", "components"}
    assert set(whole["components"]) <= {"schemas", "responses", "securitySchemes"}
    assert all(re.fullmatch(r"[a-zA-Z0-9._-]+", name) for part in whole["components"].values() for name in part)
    templates = [re.sub(r"{[^}]+}", "{}", path) for path in whole["paths"]]
    assert len(templates) == len(set(templates)), "two paths that differ in the names of their parameters alone"
    names = [operation["operationId"] for _, _, operation in operations(whole)]
    assert len(names) == len(set(names))
    for method, path, operation in operations(whole):
        where = f"{method} {path}"
        assert method in METHODS and path.startswith("/") and operation["summary"], where
        parameters = operation["parameters"]
        assert sorted(one["name"] for one in parameters) == sorted(re.findall(r"{([^}]+)}", path)), where
        assert all(one["in"] == "path" and one["required"] is True and one["schema"] for one in parameters), where
        assert all(re.fullmatch(r"[1-5](\d\d|XX)|default", status) for status in operation["responses"]) and operation["responses"], where
        assert all("$ref" in answer or answer["description"] for answer in operation["responses"].values()), where
        assert all(set(one) <= set(whole["components"]["securitySchemes"]) for one in operation["security"]) and operation["security"], where
        assert method != "get" or "requestBody" not in operation, where
        assert set(operation) <= {"operationId", "summary", "parameters", "requestBody", "responses", "security", "x-doors", "x-right", "x-scopes"}


def every_reference_leads_somewhere_and_every_schema_is_one():
    _, whole = told()

    def walk(value):
        if isinstance(value, dict):
            if "$ref" in value:
                at = whole
                for part in value["$ref"].removeprefix("#/").split("/"):
                    at = at[part]
            for each in value.values():
                walk(each)
        elif isinstance(value, list):
            for each in value:
                walk(each)

    def schema(value, where):
        assert set(value) <= KEYWORDS, (where, set(value) - KEYWORDS)
        assert "type" not in value or value["type"] in TYPES, where
        assert "pattern" not in value or re.compile(value["pattern"])
        assert set(value.get("required", [])) <= set(value.get("properties", {})), where
        for each in [*value.get("properties", {}).values(), *value.get("anyOf", []), *([value["items"]] if "items" in value else [])]:
            schema(each, where)
    walk(whole)
    for name, one in whole["components"]["schemas"].items():
        schema(one, name)
    concepts = json.loads((SOURCE / "docs/describe/schema.json").read_text(), object_pairs_hook=unique)
    for name, one in concepts["$defs"].items():
        schema(one, name)
    for one in whole["components"]["securitySchemes"].values():
        assert {"apiKey": {"type", "in", "name"}, "http": {"type", "scheme"}, "mutualTLS": {"type"}}[one["type"]] <= set(one)


def what_the_service_takes_is_what_is_told():
    """A body by its schema is taken; one that lacks what is required, or has more, is not."""
    _, whole = told()
    body = whole["components"]["schemas"]["token"]
    assert body["required"] == ["name", "days"] and set(body["properties"]) > {"role"}
    with House() as house:
        owner = house.claim("one")
        owner.post("/v1/tokens", {"name": "a", "days": 1, "role": "viewer"})
        refused(400, lambda: owner.post("/v1/tokens", {"days": 1, "role": "viewer"}))
        refused(400, lambda: owner.post("/v1/tokens", {"name": "a", "days": 1, "role": "viewer", "other": 1}))
        for method, path, operation in operations(whole):
            if operation["security"] == [{"session": []}, {"token": []}] and method == "get" and "{" not in path:
                refused(401, lambda: house.nobody().get(path))


def the_words_about_the_api_name_every_route():
    text = (SOURCE / "docs/API.md").read_text()
    missing = [f"{method} {path}" for _, method, path, _ in table_rows() if f"`{method} {path}`" not in text]
    assert not missing, missing


main([what_is_committed_is_what_the_route_table_prints, every_route_is_in_it_with_its_door_and_its_right,
      it_has_the_shape_that_the_specification_wants, every_reference_leads_somewhere_and_every_schema_is_one,
      what_the_service_takes_is_what_is_told, the_words_about_the_api_name_every_route])
