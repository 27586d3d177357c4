"""What must never be written or answered: the URL's query, credentials, values of properties."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cdk_cleanroomsml.handler.log import Log

from .cases import CREATE, UPDATE
from .cloudformation import SIGNATURE
from .virtual_lambda import CREDENTIALS
from .world import MAXIMAL, MINIMAL, World

SECRETS = {"name": "n0Echo-name", "description": 'n0Echo "quoted"\nüber', "tags": {"key": "n0Echo-tag"}}
SAID = ("n0Echo-name", 'n0Echo \\"quoted', "n0Echo-tag", "n0Echo")


@pytest.mark.scenario(40)
@pytest.mark.parametrize(
    ("operation", "error"),
    [
        (CREATE, "ValidationException"),
        (CREATE, "AccessDeniedException"),
        (CREATE, "InternalServiceException"),
        (UPDATE, "ValidationException"),
        ("TagResource", "ValidationException"),
    ],
)
def test_a_service_that_repeats_what_it_was_sent(world: World, operation: str, error: str) -> None:
    secrets = dict(SECRETS)
    if operation != CREATE:
        # A new name would be a new model.
        del secrets["name"]
        world.deploy(Model=MINIMAL)
    world.fail(operation, error, f"{' and '.join(map(str, secrets.values()))} are not allowed", times=None)
    result = world.deploy(Model={**MINIMAL, **secrets})
    assert f"{operation} failed with {error}" in result.reason
    assert "***" in result.reason
    world.check_secrets(*SAID)


@pytest.mark.scenario(40)
def test_values_that_are_wrong_are_not_repeated(world: World) -> None:
    result = world.deploy(
        Model={**MINIMAL, "minMatchingSeedSize": "n0Echo", "tags": ["n0Echo"], "outputConfig": "n0Echo"}
    )
    assert result.status == "ROLLBACK_COMPLETE"
    for member in ("minMatchingSeedSize", "tags", "outputConfig"):
        assert member in result.reason
    world.check_secrets(*SAID)


@pytest.mark.scenario(40)
def test_what_botocore_refuses_is_not_repeated(world: World) -> None:
    result = world.deploy(Model={**MINIMAL, "sharedAudienceMetrics": [], "description": "n0Echo"})
    assert "ParamValidationError" in result.reason
    world.check_secrets(*SAID)


@pytest.mark.scenario(40)
def test_success_writes_no_secrets_either(world: World) -> None:
    world.deploy(Model={**MAXIMAL, **SECRETS, "name": "plain"})
    world.deploy(Model={**MAXIMAL, **SECRETS, "name": "plain", "description": "n0Echo, changed"})
    world.destroy()
    world.check_secrets("n0Echo")


EVENT = {
    "ResponseURL": f"https://responses.example/x?X-Amz-Credential=AKID%2F2027&X-Amz-Signature={SIGNATURE}",
    "ResourceProperties": {"a": ["secretValue", {"b": "arn:aws:s3:::bucket"}], "c": "abc"},
    "OldResourceProperties": {"d": "previousSecret"},
}


@pytest.mark.scenario(40)
@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (
            f"url https://responses.example/x?X-Amz-Credential=AKID%2F2027&X-Amz-Signature={SIGNATURE}",
            "url https://responses.example/x?***",
        ),
        (f"signature {SIGNATURE}", "signature ***"),
        ("credential AKID/2027", "credential ***"),
        ("a secretValue and previousSecret", "a *** and ***"),
        ("arn:aws:s3:::bucket stays, and so does abc", "arn:aws:s3:::bucket stays, and so does abc"),
    ],
)
def test_cleaning(text: str, clean: str) -> None:
    assert Log(EVENT).clean(text) == clean


@pytest.mark.scenario(40)
@pytest.mark.parametrize("name", CREDENTIALS)
def test_cleaning_of_credentials(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "veryPrivate")
    assert Log({}).clean("veryPrivate") == "***"


@pytest.mark.parametrize(
    "event", [None, [], {"ResponseURL": 3, "ResourceProperties": 3, "OldResourceProperties": None}]
)
def test_a_damaged_event_has_no_secrets_to_keep(event: Any) -> None:
    assert Log(event).clean("a text") == "a text"


def test_each_step_is_one_json_object_on_one_line(world: World) -> None:
    world.deploy(Model=MAXIMAL)
    lines = world.function.output.getvalue().splitlines()
    assert [json.loads(line)["step"] for line in lines] == ["request", "call", "outcome", "answer"]
    call = json.loads(lines[1])
    assert call["operation"] == CREATE
    assert call["result"] == "ok"
    assert call["request_id"]
    assert call["milliseconds"] == 100
