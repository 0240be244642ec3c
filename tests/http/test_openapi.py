"""GET /openapi.json and /docs"""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from tests.http.conftest import World

OPERATIONS = {
    ("post", "/v1/validate"),
    ("post", "/v1/runtime-tokens/request"),
    ("post", "/v1/runtime-tokens/heartbeat"),
    ("post", "/v1/runtime-tokens/heartbeats"),
    ("post", "/v1/runtime-tokens/end"),
    ("post", "/v1/runtime-tokens/verify"),
    ("get", "/v1/me"),
    ("get", "/v2/credit-summaries"),
    ("get", "/v1/usage"),
    ("get", "/v1/pricing"),
    ("post", "/v2/{user_id}/api-secrets"),
    ("get", "/v2/{user_id}/api-secrets"),
    ("delete", "/v2/{user_id}/api-secrets/{alias}"),
    ("post", "/v2/{user_id}/api-secrets/{alias}/rotate"),
    ("get", "/v2/{user_id}/runtime-sessions"),
    ("post", "/v2/{user_id}/runtime-sessions/{session_id}/terminate"),
    ("post", "/v2/{user_id}/runtime/revoke-all"),
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/metrics"),
}


@pytest.fixture
async def document(world: World) -> dict[str, Any]:
    response = await world.stranger.get("/openapi.json")
    assert response.headers["content-type"] == "application/json"
    document: dict[str, Any] = response.json()
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


class TestDocument:
    def test_it_is_openapi_3_1(self, document: dict[str, Any]) -> None:
        assert document["openapi"].startswith("3.1.")
        assert document["info"]["version"]

    def test_every_operation_is_there(self, document: dict[str, Any]) -> None:
        assert {(method, path) for method, path, _ in operations(document)} == OPERATIONS

    def test_every_operation_has_a_name_of_its_own_a_summary_and_a_description(self, document: dict[str, Any]) -> None:
        names = [operation["operationId"] for _, _, operation in operations(document)]
        assert len(set(names)) == len(names)
        assert all(operation["summary"] and operation["description"] for _, _, operation in operations(document))

    def test_credentials_are_asked_for_where_they_are_due(self, document: dict[str, Any]) -> None:
        assert document["components"]["securitySchemes"].keys() == {"ApiSecret", "RuntimeToken"}
        asked = {
            (method, path): [name for scheme in operation.get("security", []) for name in scheme]
            for method, path, operation in operations(document)
        }
        tokens = {("post", "/v1/runtime-tokens/heartbeat"), ("post", "/v1/runtime-tokens/end")}
        open_to_all = {("get", path) for path in ("/v1/pricing", "/healthz", "/readyz", "/metrics")}
        in_the_body = {("post", "/v1/runtime-tokens/heartbeats")}
        for operation, schemes in asked.items():
            if operation in open_to_all | in_the_body:
                assert schemes == []
            else:
                assert schemes == (["RuntimeToken"] if operation in tokens else ["ApiSecret"])

    def test_every_error_has_the_envelope_and_no_422_is_promised(self, document: dict[str, Any]) -> None:
        for _, path, operation in operations(document):
            assert {"200", "413", "500"} <= operation["responses"].keys()
            assert "422" not in operation["responses"]
            for status, answer in operation["responses"].items():
                assert "X-Request-Id" in answer["headers"]
                limited = operation.get("security") == [{"ApiSecret": []}] and path != "/v1/runtime-tokens/request"
                assert ("X-RateLimit-Limit" in answer["headers"]) == (limited and status in ("200", "429"))
                assert ("Retry-After" in answer["headers"]) == (status in ("429", "503"))
                if status != "200":
                    schema = answer["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/ErrorAnswer"}
        assert not {"HTTPValidationError", "ValidationError"} & document["components"]["schemas"].keys()

    def test_every_example_is_valid(self, document: dict[str, Any]) -> None:
        checked = 0
        for _, _, operation in operations(document):
            for status, answer in operation["responses"].items():
                for media in answer["content"].values():
                    validator = jsonschema_rs.Draft202012Validator(
                        {**media["schema"], "components": document["components"]}
                    )
                    for name, example in media.get("examples", {}).items():
                        validator.validate(example["value"])
                        assert example["value"]["status_code"] == int(status)
                        assert example["value"]["error"]["code"] == name
                        checked += 1
        assert checked > 100

    def test_every_example_in_a_schema_is_valid(self, document: dict[str, Any]) -> None:
        checked = 0
        for schema in document["components"]["schemas"].values():
            for part in (schema, *schema.get("properties", {}).values()):
                validator = jsonschema_rs.Draft202012Validator({**part, "components": document["components"]})
                for example in part.get("examples", []):
                    validator.validate(example)
                    checked += 1
        assert checked > 30

    def test_every_schema_is_one(self, document: dict[str, Any]) -> None:
        for schema in document["components"]["schemas"].values():
            jsonschema_rs.meta.validate(schema)


class TestDocs:
    async def test_the_page_loads_nothing_from_elsewhere(self, world: World) -> None:
        response = await world.stranger.get("/docs")
        assert response.status_code == 200
        assert "//" not in response.text
        links = re.findall(r'(?:src|href)="([^"]+)"', response.text)
        assert len(links) == 4
        for link in links:
            if link != "data:,":
                assert (await world.stranger.get(f"/{link}")).status_code == 200

    async def test_and_is_not_allowed_to(self, world: World) -> None:
        policy = (await world.stranger.get("/docs")).headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert "http" not in policy

    async def test_its_swagger_ui_knows_openapi_3_1(self, world: World) -> None:
        bundle = (await world.stranger.get("/docs/files/swagger-ui-bundle.js")).text
        found = re.search(r'PACKAGE_VERSION:"(\d+)\.', bundle)
        assert found
        assert int(found[1]) >= 5
