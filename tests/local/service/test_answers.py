"""Every operation that is served is answered once, with all that its input takes; `conforming` looks at the answers."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from cdk_cleanroomsml.local.service import CleanRoomsML, ObjectsInMemory, client
from cdk_cleanroomsml.local.service.clean_rooms_ml import CLEAN_ROOMS_OPERATIONS, OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable

ROLE = "arn:aws:iam::111122223333:role/cleanrooms-ml"
PARTNER = "444455556666"
TAGS = {"team": "ads"}
SEED = "s3://seeds/seed.jsonl"


@pytest.fixture
def service(clock: Any) -> CleanRoomsML:
    seed = "\n".join(json.dumps({"user_id": f"seed-{number}"}) for number in range(30))
    return CleanRoomsML(now=clock, sleep=clock.move, objects=ObjectsInMemory({SEED: seed.encode()}))


def test_the_whole_chain(service: CleanRoomsML, ml: Any, rooms: Any, partner: Any, collaboration_request: Any) -> None:
    dataset = create_dataset(ml)
    audience_model = create_audience_model(ml, dataset)
    model = create_model(ml, audience_model)
    put_policy(ml, model)
    tag(ml, model)
    collaboration, membership = join(rooms, partner, collaboration_request())
    delete = associate(rooms, membership, model)
    tag(partner, collaboration["arn"])
    start_jobs(client(service, account=PARTNER), ml, model, collaboration["id"])
    delete()
    ml.delete_configured_audience_model_policy(configuredAudienceModelArn=model)
    ml.delete_configured_audience_model(configuredAudienceModelArn=model)
    ml.delete_audience_model(audienceModelArn=audience_model)
    ml.delete_training_dataset(trainingDatasetArn=dataset)
    rooms.delete_membership(membershipIdentifier=membership)
    partner.delete_collaboration(collaborationIdentifier=collaboration["id"])
    answered = {(call.service, call.operation) for call in service.calls if call.outcome == "ok"}
    served = {("cleanroomsml", each) for each in OPERATIONS} | {("cleanrooms", each) for each in CLEAN_ROOMS_OPERATIONS}
    assert answered == served


def create_dataset(ml: Any) -> str:
    columns = [("user", "USER_ID"), ("item", "ITEM_ID"), ("at", "TIMESTAMP")]
    schema = [{"columnName": name, "columnTypes": [type_]} for name, type_ in columns]
    source = {"glueDataSource": {"tableName": "table", "databaseName": "database", "catalogId": "111122223333"}}
    made = ml.create_training_dataset(
        name="dataset",
        description="what it is",
        roleArn=ROLE,
        trainingData=[{"type": "INTERACTIONS", "inputConfig": {"schema": schema, "dataSource": source}}],
        tags=TAGS,
    )["trainingDatasetArn"]
    ml.get_training_dataset(trainingDatasetArn=made)
    ml.list_training_datasets(maxResults=1)
    return str(made)


def create_audience_model(ml: Any, dataset: str) -> str:
    made = ml.create_audience_model(
        name="audience",
        description="what it is",
        trainingDatasetArn=dataset,
        trainingDataStartTime=datetime(2024, 1, 1, tzinfo=timezone.utc),
        trainingDataEndTime=datetime(2024, 2, 1, tzinfo=timezone.utc),
        kmsKeyArn="arn:aws:kms:us-east-1:111122223333:key/key",
        tags=TAGS,
    )["audienceModelArn"]
    ml.get_audience_model(audienceModelArn=made)
    ml.list_audience_models(maxResults=1)
    return str(made)


def create_model(ml: Any, audience_model: str) -> str:
    whole = {
        "audienceModelArn": audience_model,
        "outputConfig": {"destination": {"s3Destination": {"s3Uri": "s3://bucket/prefix"}}, "roleArn": ROLE},
        "description": "what it is",
        "sharedAudienceMetrics": ["ALL"],
        "minMatchingSeedSize": 25,
        "audienceSizeConfig": {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": [1, 5]},
    }
    made = ml.create_configured_audience_model(
        name="lookalikes", **whole, tags=TAGS, childResourceTagOnCreatePolicy="FROM_PARENT_RESOURCE"
    )["configuredAudienceModelArn"]
    ml.update_configured_audience_model(configuredAudienceModelArn=made, **whole)
    ml.get_configured_audience_model(configuredAudienceModelArn=made)
    ml.list_configured_audience_models(maxResults=1)
    return str(made)


def put_policy(ml: Any, model: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": PARTNER},
        "Action": "cleanrooms-ml:StartAudienceGenerationJob",
        "Resource": [model, "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-generation-job/*"],
        "Condition": {"StringLike": {"cleanrooms-ml:CollaborationId": "*"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    ml.put_configured_audience_model_policy(
        configuredAudienceModelArn=model,
        configuredAudienceModelPolicy=policy,
        policyExistenceCondition="POLICY_MUST_NOT_EXIST",
    )
    ml.get_configured_audience_model_policy(configuredAudienceModelArn=model)


def tag(made: Any, arn: str) -> None:
    made.tag_resource(resourceArn=arn, tags={"more": "x"})
    made.list_tags_for_resource(resourceArn=arn)
    made.untag_resource(resourceArn=arn, tagKeys=["more"])


def join(rooms: Any, partner: Any, request: dict[str, Any]) -> tuple[dict[str, Any], str]:
    collaboration = partner.create_collaboration(**request, tags=TAGS)["collaboration"]
    here = {"collaborationIdentifier": collaboration["id"]}
    partner.update_collaboration(**here, name="summer", description="another one")
    rooms.get_collaboration(**here)
    rooms.list_collaborations(maxResults=1)
    membership = rooms.create_membership(**here, queryLogStatus="DISABLED", tags=TAGS)["membership"]["id"]
    partner.create_membership(**here, queryLogStatus="DISABLED")
    rooms.update_membership(membershipIdentifier=membership, queryLogStatus="ENABLED")
    rooms.get_membership(membershipIdentifier=membership)
    rooms.list_memberships(maxResults=1)
    rooms.list_members(**here, maxResults=1)
    return collaboration, str(membership)


def associate(rooms: Any, membership: str, model: str) -> Callable[[], object]:
    """Returns how it is deleted."""
    member = {"membershipIdentifier": membership}
    made = rooms.create_configured_audience_model_association(
        **member,
        configuredAudienceModelArn=model,
        configuredAudienceModelAssociationName="lookalikes",
        manageResourcePolicies=False,
        description="what it is",
        tags=TAGS,
    )["configuredAudienceModelAssociation"]
    ids = {**member, "configuredAudienceModelAssociationIdentifier": made["id"]}
    rooms.update_configured_audience_model_association(**ids, name="likes", description="another one")
    rooms.get_configured_audience_model_association(**ids)
    rooms.list_configured_audience_model_associations(**member, maxResults=1)
    return partial(rooms.delete_configured_audience_model_association, **ids)


def start_jobs(advertiser: Any, ml: Any, model: str, collaboration: str) -> None:
    job = advertiser.start_audience_generation_job(
        name="spring",
        description="what it is",
        configuredAudienceModelArn=model,
        collaborationId=collaboration,
        includeSeedInOutput=True,
        seedAudience={"roleArn": ROLE.replace("111122223333", PARTNER), "dataSource": {"s3Uri": SEED}},
        tags=TAGS,
    )["audienceGenerationJobArn"]
    advertiser.get_audience_generation_job(audienceGenerationJobArn=job)
    ml.list_audience_generation_jobs(configuredAudienceModelArn=model, maxResults=1)
    size = {"type": "PERCENTAGE", "value": 5}
    advertiser.start_audience_export_job(
        name="export", audienceGenerationJobArn=job, audienceSize=size, description="what it is"
    )
    advertiser.list_audience_export_jobs(audienceGenerationJobArn=job, maxResults=1)
    advertiser.delete_audience_generation_job(audienceGenerationJobArn=job)
