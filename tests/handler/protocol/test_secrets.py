"""What must never be written or answered: the URL's query, credentials, values of properties."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cdk_cleanroomsml.handler.protocol.log import OPEN_MEMBERS, Log
from cdk_cleanroomsml.local.service import audience_models

from ...worlds import USUAL
from ..scenarios.all_scenarios import CREATE, UPDATE
from ..simulation.cloudformation import SIGNATURE
from ..simulation.simulator import AUDIENCE_MODEL, MAXIMAL, MINIMAL, Simulator
from ..simulation.virtual_lambda import CREDENTIALS, client

pytestmark = USUAL


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
def test_a_service_that_repeats_what_it_was_sent(world: Simulator, operation: str, error: str) -> None:
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
def test_values_that_are_wrong_are_not_repeated(world: Simulator) -> None:
    result = world.deploy(
        Model={**MINIMAL, "minMatchingSeedSize": "n0Echo", "tags": ["n0Echo"], "outputConfig": "n0Echo"}
    )
    assert result.status == "ROLLBACK_COMPLETE"
    for member in ("minMatchingSeedSize", "tags", "outputConfig"):
        assert member in result.reason
    world.check_secrets(*SAID)


@pytest.mark.scenario(40)
def test_what_botocore_refuses_is_not_repeated(world: Simulator) -> None:
    result = world.deploy(Model={**MINIMAL, "sharedAudienceMetrics": [], "description": "n0Echo"})
    assert "ParamValidationError" in result.reason
    world.check_secrets(*SAID)


@pytest.mark.scenario(40)
def test_success_writes_no_secrets_either(world: Simulator) -> None:
    world.deploy(Model={**MAXIMAL, **SECRETS, "name": "plain"})
    world.deploy(Model={**MAXIMAL, **SECRETS, "name": "plain", "description": "n0Echo, changed"})
    world.destroy()
    world.check_secrets("n0Echo")


TEXT = 'said "über"\nall'
EVENT = {
    "ResponseURL": "https://responses.example/x?X-Amz-Credential=AKID%2F2027&X-Amz-Expires=7200&X-Amz-SignedHeaders=host"
    f"&X-Amz-Signature={SIGNATURE}",
    "ResourceProperties": {
        "a": ["secretValue", {"b": "arn:aws:s3:::bucket"}],
        "description": TEXT,
        "tags": {
            "account": "111122223333",
            "region": "us-east-1",
            "stage": "production",
            "short": "eu",
            "number": "42",
            "letter": "a",
            "damaged": 3,
            "blank": " ",
        },
        "sharedAudienceMetrics": ["NONE"],
        "audienceSizeConfig": {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": ["1", "100"]},
        "configuredAudienceModelPolicy": {"Statement": [{"Effect": "Allow", "Sid": "ours"}], "Version": "2012-10-17"},
        "ServiceToken": "function",
    },
    "OldResourceProperties": {"d": "previousSecret"},
}


@pytest.mark.scenario(40)
@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (
            f"url {EVENT['ResponseURL']}",
            "url https://responses.example/x?***",
        ),
        (f"signature {SIGNATURE}", "signature ***"),
        ("credential AKID/2027", "credential ***"),
        ("a secretValue and previousSecret", "a *** and ***"),
        ("[secretValue](secretValue)=secretValue,secretValue.", "[***](***)=***,***."),
        ("secretValues, my-secretValue and secretValue2", "secretValues, my-secretValue and secretValue2"),
        ("arn:aws:s3:::bucket stays, and so does abc", "arn:aws:s3:::bucket stays, and so does abc"),
        (
            "arn:aws:sts::111122223333:assumed-role/Shop-production-Role/x in us-east-1 of 111122223333",
            "arn:aws:sts::111122223333:assumed-role/Shop-production-Role/x in us-east-1 of 111122223333",
        ),
        ("s3://production/production, not production", "s3://production/production, not ***"),
        ("the stage production, in eu", "the stage ***, in ***"),
        ("a role of 42 characters, at most 1 of 100", "a role of 42 characters, at most 1 of 100"),
        ("Value '42' or \"a\" or 'eu' is not allowed", "Value '***' or \"***\" or '***' is not allowed"),
        ("Sid ours, Effect Allow of 2012-10-17", "Sid ***, Effect Allow of 2012-10-17"),
        ("NONE or PERCENTAGE, function", "NONE or PERCENTAGE, function"),
        (f"raw {TEXT}", "raw ***"),
        (f"as Python {TEXT!r}", "as Python '***'"),
        (f"as JSON {json.dumps(TEXT)}", 'as JSON "***"'),
        ("the host of the request, for 7200 s", "the host of the request, for 7200 s"),
    ],
)
def test_cleaning(text: str, clean: str) -> None:
    assert Log(EVENT).clean(text) == clean


def test_members_that_are_not_hidden_hold_no_free_text() -> None:
    """By the service model: what they hold is an enum, a number, a time, an id; a resource policy is for others."""
    operations = {
        "cleanroomsml": [CREATE, "CreateAudienceModel", "PutConfiguredAudienceModelPolicy"],
        "cleanrooms": ["CreateConfiguredAudienceModelAssociation"],
    }
    members = {
        name: shape
        for service, names in operations.items()
        for operation in names
        for name, shape in client(service).meta.service_model.operation_model(operation).input_shape.members.items()
    }
    hidden = {name for name in members if name not in OPEN_MEMBERS and not name.endswith("Arn")}
    assert hidden - {"policyExistenceCondition", "previousPolicyHash"} == {
        "configuredAudienceModelAssociationName",
        "configuredAudienceModelPolicy",
        "description",
        "name",
        "outputConfig",
        "tags",
    }
    assert set(OPEN_MEMBERS) <= members.keys()
    free = {name for name in OPEN_MEMBERS if any(_is_free(shape) for shape in _leaves(members[name]))}
    assert free == set()


def _leaves(shape: Any) -> list[Any]:
    inner = {"list": lambda: [shape.member], "structure": lambda: list(shape.members.values())}
    return [leaf for each in inner.get(shape.type_name, list)() for leaf in _leaves(each)] or [shape]


def _is_free(shape: Any) -> bool:
    return shape.type_name == "string" and not shape.enum and "[0-9a-f]{8}" not in shape.metadata.get("pattern", "")


@pytest.mark.scenario(40)
def test_what_a_status_says_is_cleaned_too(world: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    arn = AUDIENCE_MODEL
    details = {"statusCode": "TRAINING_FAILED", "message": "of n0Echo in us-east-1"}
    monkeypatch.setitem(audience_models._DETAILS, "CREATE_FAILED", details)
    world.seed_audience_model(arn, status="CREATE_FAILED")
    tags = {"secret": "n0Echo", "region": "us-east-1"}
    result = world.deploy(Model={**MINIMAL, "WaitForAudienceModelSeconds": 10, "tags": tags})
    assert f"{arn} is CREATE_FAILED (of *** in us-east-1)" in result.reason
    world.check_secrets("n0Echo")


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


def test_each_step_is_one_json_object_on_one_line(world: Simulator) -> None:
    world.deploy(Model=MINIMAL)
    lines = world.function.output.getvalue().splitlines()
    assert [json.loads(line)["step"] for line in lines] == ["request", "call", "outcome", "answer"]
    call = json.loads(lines[1])
    assert call["operation"] == CREATE
    assert call["result"] == "ok"
    assert call["request_id"]
    assert call["milliseconds"] == 100
