"""The switches: every position does what it says, and all of them can be turned at once."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from cdk_cleanroomsml.local.service import CleanRoomsML, Switches, client, positions, surprised
from cdk_cleanroomsml.local.service.switches import CHOSEN, VARIABLE, from_environment

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.reading("every position of a switch is set by the test that is about it")

PARTNER = "444455556666"
SEED = "s3://seeds/seed.jsonl"


@pytest.fixture
def create(ml: Any, request_: dict[str, Any]) -> Callable[..., str]:
    """Creates a configured audience model, and returns its ARN."""
    return lambda **more: str(ml.create_configured_audience_model(**request_ | more)["configuredAudienceModelArn"])


@pytest.fixture
def dataset(ml: Any, role: str) -> str:
    source = {"glueDataSource": {"tableName": "table", "databaseName": "database"}}
    schema = [{"columnName": "user", "columnTypes": ["USER_ID"]}]
    data = [{"type": "INTERACTIONS", "inputConfig": {"schema": schema, "dataSource": source}}]
    return str(ml.create_training_dataset(name="data", roleArn=role, trainingData=data)["trainingDatasetArn"])


def refused(call: Callable[..., Any], *args: Any, **more: Any) -> tuple[str, str]:
    """The code and the message with which a call is refused."""
    with pytest.raises(ClientError) as caught:
        call(*args, **more)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def get(ml: Any, arn: str) -> dict[str, Any]:
    found: dict[str, Any] = ml.get_configured_audience_model(configuredAudienceModelArn=arn)
    return found


def update(ml: Any, arn: str, **members: Any) -> None:
    ml.update_configured_audience_model(configuredAudienceModelArn=arn, **members)


def listed(ml: Any) -> list[str]:
    found = ml.list_configured_audience_models()["configuredAudienceModels"]
    return [each["configuredAudienceModelArn"] for each in found]


def put_policy(ml: Any, arn: str, principal: Any = PARTNER, condition: Any = "c") -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": "cleanrooms-ml:StartAudienceGenerationJob",
        "Resource": [arn, "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-generation-job/*"],
        **({"Condition": {"StringEquals": {"cleanrooms-ml:CollaborationId": condition}}} if condition else {}),
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    put = ml.put_configured_audience_model_policy
    return str(put(configuredAudienceModelArn=arn, configuredAudienceModelPolicy=text)["configuredAudienceModelPolicy"])


# All at once


def test_each_position_is_one(service: CleanRoomsML) -> None:
    for name, values in positions().items():
        assert len(values) == len(set(values)) > 1, name
        for value in reversed(values):
            setattr(service.switches, name, value)
    assert service.switches == Switches()


def test_every_answer_surprises() -> None:
    usual, other = asdict(Switches()), asdict(surprised())
    assert {name for name in usual if usual[name] == other[name]} == CHOSEN
    assert {name: value for name, value in other.items() if name not in CHOSEN} == {
        name: values[-1] for name, values in positions().items()
    }


def test_each_is_told_of() -> None:
    said = str(Switches.__doc__)
    assert [f"        {each.name}: " in said for each in fields(Switches)] == [True] * len(fields(Switches))


def test_a_misspelt_one_is_refused() -> None:
    with pytest.raises(AttributeError):
        Switches().update_reset = True
    with pytest.raises(ValueError, match="association_names must be repeat or unique or answered, got 'free'"):
        Switches().association_names = "free"  # type: ignore[assignment]
    with pytest.raises(ValueError, match="role_seconds must be a number, got True"):
        Switches(role_seconds=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Switches()),
        ("surprised", surprised()),
        ('{"update_resets": true}', Switches(update_resets=True)),
    ],
)
def test_the_environment_has_them(monkeypatch: pytest.MonkeyPatch, text: str, expected: Switches) -> None:
    monkeypatch.setenv(VARIABLE, text)
    service = CleanRoomsML()
    assert service.switches == expected
    service.switches.default_page_size = 7
    service.reset()
    assert service.switches == expected


@pytest.mark.parametrize("text", ["astonished", "[]", '{"update_reset": true}', '{"update_resets": "no"}'])
def test_what_the_environment_has_is_checked(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(ValueError, match=r"CLEANROOMSML_SWITCHES|update_resets must|Expecting value"):
        from_environment()


# Each by itself


@pytest.mark.parametrize("becomes", ["repeat", "unique", "answered"])
class TestNames:
    def test_of_configured_models(self, service: CleanRoomsML, create: Any, becomes: Any) -> None:
        service.switches.configured_audience_model_names = becomes
        first = create()
        if becomes == "unique":
            assert refused(create) == ("ConflictException", f"another one named 'lookalikes' exists: {first}")
        else:
            assert (create() == first) is (becomes == "answered")

    def test_of_audience_models(self, service: CleanRoomsML, ml: Any, dataset: str, becomes: Any) -> None:
        service.switches.audience_model_names = becomes

        def train() -> str:
            return str(ml.create_audience_model(name="m", trainingDatasetArn=dataset)["audienceModelArn"])

        first = train()
        if becomes == "unique":
            assert refused(train)[0] == "ConflictException"
        else:
            assert (train() == first) is (becomes == "answered")

    def test_of_associations(
        self, service: CleanRoomsML, rooms: Any, create: Any, membership: str, becomes: Any
    ) -> None:
        service.switches.association_names = becomes

        def associate(model: str) -> str:
            made = rooms.create_configured_audience_model_association(
                membershipIdentifier=membership,
                configuredAudienceModelArn=model,
                configuredAudienceModelAssociationName="same",
                manageResourcePolicies=False,
            )
            return str(made["configuredAudienceModelAssociation"]["id"])

        first, other = associate(create()), create()
        if becomes == "unique":
            assert refused(associate, other)[0] == "ConflictException"
        else:
            assert (associate(other) == first) is (becomes == "answered")


@pytest.mark.parametrize("error", ["ConflictException", "ValidationException"])
def test_an_audience_model_that_is_not_active(
    service: CleanRoomsML, create: Any, audience_model: str, error: Any
) -> None:
    service.switches.inactive_audience_model_error = error
    service.seed_audience_model(audience_model, status="CREATE_FAILED")
    code, message = refused(create)
    assert code == error
    assert message.endswith("is CREATE_FAILED, not ACTIVE")


def test_an_empty_description(service: CleanRoomsML, ml: Any, create: Any) -> None:
    arn = create(description="some")
    update(ml, arn, description="")
    assert get(ml, arn)["description"] == ""
    service.switches.empty_description = "left_out"
    assert "description" not in get(ml, arn)
    service.switches.empty_description = "refused"
    assert refused(update, ml, arn, description="") == (
        "ValidationException",
        "1 validation error detected: description is empty",
    )
    assert refused(create, description="")[0] == "ValidationException"


@pytest.mark.parametrize("resets", [False, True])
def test_what_an_update_is_not_given(
    service: CleanRoomsML, ml: Any, create: Any, request_: dict[str, Any], resets: bool
) -> None:
    service.switches.update_resets = resets
    sizes = {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": [1]}
    arn = create(description="some", minMatchingSeedSize=25, audienceSizeConfig=sizes, tags={"team": "media"})
    update(ml, arn, sharedAudienceMetrics=["NONE"])
    model = get(ml, arn)
    kept = (model.get("description"), model["minMatchingSeedSize"], model.get("audienceSizeConfig"))
    assert kept == ((None, 500, None) if resets else ("some", 25, sizes))
    required = (model["outputConfig"], model["sharedAudienceMetrics"], model["tags"])
    assert required == (request_["outputConfig"], ["NONE"], {"team": "media"})


@pytest.mark.parametrize("error", ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"])
def test_a_role_is_usable_some_time_after_it_was_named(
    service: CleanRoomsML, create: Any, clock: Any, error: Any
) -> None:
    service.switches.role_seconds, service.switches.unusable_role_error = 4, error
    code, message = refused(create)
    assert (code, "not authorized to assume the role" in message) == (error, True)
    clock.move(3)
    service.switches.error_messages = "bare"
    assert refused(create)[1] == f"The request failed: {error.removesuffix('Exception')}"
    clock.move(1)
    create()


def test_bare_messages(service: CleanRoomsML, ml: Any, create: Any) -> None:
    arn = create().replace("/", "/x")
    assert arn in refused(get, ml, arn)[1]
    service.switches.error_messages = "bare"
    assert refused(get, ml, arn) == ("ResourceNotFoundException", "The request failed: ResourceNotFound")
    # What the service's model has is said as ever, and what a fault says.
    assert "failed to satisfy constraint" in refused(create, name="\n")[1]


def test_whom_a_policy_may_name(service: CleanRoomsML, ml: Any, create: Any) -> None:
    arn, role = create(), f"arn:aws:iam::{PARTNER}:role/analyst"
    put_policy(ml, arn, [PARTNER, role])
    service.switches.policy_principals = "accounts"
    put_policy(ml, arn, [PARTNER, f"arn:aws:iam::{PARTNER}:root"])
    for principal in (role, [PARTNER, "*"]):
        assert refused(put_policy, ml, arn, principal)[0] == "ValidationException"


def test_a_policy_that_names_no_collaboration(service: CleanRoomsML, ml: Any, create: Any) -> None:
    arn = create()
    put_policy(ml, arn, condition=None)
    service.switches.policy_needs_collaboration = True
    put_policy(ml, arn)
    assert "cleanrooms-ml:CollaborationId" in refused(put_policy, ml, arn, condition=None)[1]


def test_a_policy_in_other_words(service: CleanRoomsML, ml: Any, create: Any) -> None:
    arn = create()
    service.switches.policies_are_rewritten = True
    put_policy(ml, arn, [PARTNER], ["222233334444"])
    policy = ml.get_configured_audience_model_policy(configuredAudienceModelArn=arn)["configuredAudienceModelPolicy"]
    (statement,) = json.loads(policy)["Statement"]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{PARTNER}:root"}
    assert statement["Resource"][1] == arn
    assert statement["Condition"] == {"StringEquals": {"cleanrooms-ml:CollaborationId": "222233334444"}}


@pytest.mark.parametrize(("whose", "account"), [("creator", PARTNER), ("caller", "111122223333")])
def test_whose_account_a_collaboration_names(
    service: CleanRoomsML, rooms: Any, collaboration: str, membership: str, whose: Any, account: str
) -> None:
    service.switches.collaboration_arn_account = whose
    arn = rooms.get_collaboration(collaborationIdentifier=collaboration)["collaboration"]["arn"]
    assert arn == f"arn:aws:cleanrooms:us-east-1:{account}:collaboration/{collaboration}"
    assert membership


@pytest.mark.parametrize("region", ["eu-west-2", "eu-north-1", "eu-west-1"])
def test_european_regions(service: CleanRoomsML, region: str) -> None:
    there = client(service, region=region, config=Config(retries={"total_max_attempts": 1}))
    assert listed(there) == []
    service.switches.european_regions = False
    if region == "eu-west-1":
        assert listed(there) == []
        return
    with pytest.raises(ConnectionClosedError):
        listed(there)


def test_what_is_new_is_seen_late(service: CleanRoomsML, ml: Any, create: Any, clock: Any) -> None:
    service.switches.readable_after_seconds, service.switches.listed_after_seconds = 1, 5
    arn = create()
    assert refused(get, ml, arn)[0] == "ResourceNotFoundException"
    assert refused(update, ml, arn)[0] == "ResourceNotFoundException"
    assert refused(ml.tag_resource, resourceArn=arn, tags={"a": "b"})[0] == "ResourceNotFoundException"
    clock.move(1)
    assert (get(ml, arn)["name"], listed(ml)) == ("lookalikes", [])
    clock.move(4)
    assert listed(ml) == [arn]


def test_what_is_deleted_is_seen_for_a_while(service: CleanRoomsML, ml: Any, create: Any, clock: Any) -> None:
    service.switches.deleted_after_seconds = 3
    arn = create()
    ml.delete_configured_audience_model(configuredAudienceModelArn=arn)
    assert (get(ml, arn)["name"], listed(ml)) == ("lookalikes", [arn])
    assert refused(ml.delete_configured_audience_model, configuredAudienceModelArn=arn)[0] == (
        "ResourceNotFoundException"
    )
    clock.move(3)
    assert refused(get, ml, arn)[0] == "ResourceNotFoundException"
    assert listed(ml) == []


@pytest.mark.parametrize(
    ("uri", "slash", "written_to"),
    [
        ("s3://bucket/prefix", True, "s3://bucket/prefix/"),
        ("s3://bucket/prefix/", True, "s3://bucket/prefix/"),
        ("s3://bucket/prefix", False, "s3://bucket/prefix"),
        ("s3://bucket/prefix/", False, "s3://bucket/prefix/"),
    ],
)
def test_a_slash_before_the_segments(
    service: CleanRoomsML, ml: Any, create: Any, role: str, uri: str, slash: bool, written_to: str
) -> None:
    service.switches.slash_before_segments = slash
    users = "".join(json.dumps({"user_id": f"user-{n}"}) + "\n" for n in range(25))
    service.objects.contents[SEED] = users.encode()  # type: ignore[attr-defined]
    output = {"destination": {"s3Destination": {"s3Uri": uri}}, "roleArn": role}
    job = ml.start_audience_generation_job(
        name="job",
        configuredAudienceModelArn=create(minMatchingSeedSize=25, outputConfig=output),
        seedAudience={"roleArn": role, "dataSource": {"s3Uri": SEED}},
    )["audienceGenerationJobArn"]
    ml.start_audience_export_job(
        name="export", audienceGenerationJobArn=job, audienceSize={"type": "ABSOLUTE", "value": 1}
    )
    (export,) = ml.list_audience_export_jobs()["audienceExportJobs"]
    place = export["outputLocation"]
    assert place.startswith(written_to)
    assert "/" not in place.removeprefix(written_to)
