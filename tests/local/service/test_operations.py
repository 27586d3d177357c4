"""What each operation of the local service does, asked through boto3."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.loaders import Loader

from cdk_cleanroomsml.local.service import client
from cdk_cleanroomsml.local.service.clean_rooms_ml import CLEAN_ROOMS_OPERATIONS, OPERATIONS

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.service import CleanRoomsML

pytestmark = pytest.mark.reading("every position of a switch is set by the test that is about it")

MODEL = Loader().load_service_model("cleanroomsml", "service-2")


def refused(ml: Any, code: str, text: str | None = None) -> Any:
    return pytest.raises(getattr(ml.exceptions, code), match=text)


@pytest.fixture
def model(ml: Any, request_: dict[str, Any]) -> str:
    return str(ml.create_configured_audience_model(**request_)["configuredAudienceModelArn"])


@pytest.fixture
def dataset(ml: Any, role: str) -> str:
    source = {"glueDataSource": {"tableName": "table", "databaseName": "database"}}
    schema = [{"columnName": "user", "columnTypes": ["USER_ID"]}]
    data = [{"type": "INTERACTIONS", "inputConfig": {"schema": schema, "dataSource": source}}]
    return str(ml.create_training_dataset(name="data", roleArn=role, trainingData=data)["trainingDatasetArn"])


def get(ml: Any, arn: str) -> dict[str, Any]:
    answer = ml.get_configured_audience_model(configuredAudienceModelArn=arn)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


class TestConfiguredAudienceModel:
    def test_create_answers_its_arn_and_get_everything(
        self, ml: Any, request_: dict[str, Any], clock: Any, audience_model: str
    ) -> None:
        whole = request_ | {
            "description": "who is alike",
            "minMatchingSeedSize": 25,
            "audienceSizeConfig": {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": [1, 100]},
            "tags": {"team": "ads"},
            "childResourceTagOnCreatePolicy": "FROM_PARENT_RESOURCE",
        }
        arn = ml.create_configured_audience_model(**whole)["configuredAudienceModelArn"]
        assert arn.startswith(audience_model.rpartition(":")[0] + ":configured-audience-model/")
        own = {"configuredAudienceModelArn": arn, "status": "ACTIVE", "createTime": clock(), "updateTime": clock()}
        assert get(ml, arn) == whole | own

    def test_get_has_every_member_of_its_output(self, ml: Any, model: str) -> None:
        required = MODEL["shapes"]["GetConfiguredAudienceModelResponse"]["required"]
        assert set(required) <= set(get(ml, model))

    def test_defaults(self, ml: Any, model: str) -> None:
        shown = get(ml, model)
        assert shown["minMatchingSeedSize"] == 500
        assert shown["tags"] == {}
        assert "description" not in shown
        assert "audienceSizeConfig" not in shown

    def test_update_changes_what_it_names_and_nothing_else(self, ml: Any, model: str, clock: Any) -> None:
        before = get(ml, model)
        clock.move(60)
        ml.update_configured_audience_model(configuredAudienceModelArn=model, minMatchingSeedSize=1000)
        later = before["updateTime"] + timedelta(seconds=60)
        assert get(ml, model) == before | {"minMatchingSeedSize": 1000, "updateTime": later}

    def test_update_replaces_a_structure_whole(self, ml: Any, model: str) -> None:
        sizes = {"audienceSizeType": "ABSOLUTE", "audienceSizeBins": [7, 20_000_000]}
        ml.update_configured_audience_model(configuredAudienceModelArn=model, audienceSizeConfig=sizes)
        assert get(ml, model)["audienceSizeConfig"] == sizes

    def test_an_empty_description_clears_it(self, ml: Any, model: str, service: CleanRoomsML) -> None:
        ml.update_configured_audience_model(configuredAudienceModelArn=model, description="")
        assert get(ml, model)["description"] == ""
        service.switches.empty_description = "left_out"
        assert "description" not in get(ml, model)

    def test_update_ignores_what_it_does_not_know(self, service: CleanRoomsML, ml: Any, model: str) -> None:
        path = f"/configured-audience-model/{model.replace('/', '%2F')}"
        body = json.dumps({"name": "renamed", "description": "new"}).encode()
        service.handle("PATCH", path, {}, {}, body, account="111122223333", region="us-east-1")
        assert (get(ml, model)["name"], get(ml, model)["description"]) == ("lookalikes", "new")

    def test_delete(self, ml: Any, model: str) -> None:
        ml.delete_configured_audience_model(configuredAudienceModelArn=model)
        for call in (ml.get_configured_audience_model, ml.delete_configured_audience_model):
            with refused(ml, "ResourceNotFoundException", model):
                call(configuredAudienceModelArn=model)
        with refused(ml, "ResourceNotFoundException"):
            ml.update_configured_audience_model(configuredAudienceModelArn=model, description="x")

    def test_create_needs_an_audience_model(self, ml: Any, request_: dict[str, Any]) -> None:
        request_["audienceModelArn"] += "-other"
        with refused(ml, "ResourceNotFoundException", "seeded-other"):
            ml.create_configured_audience_model(**request_)

    def test_update_needs_an_audience_model(self, ml: Any, model: str, audience_model: str) -> None:
        with refused(ml, "ResourceNotFoundException"):
            ml.update_configured_audience_model(
                configuredAudienceModelArn=model, audienceModelArn=f"{audience_model}-other"
            )

    def test_percentages(self, ml: Any, request_: dict[str, Any], model: str) -> None:
        sizes = {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": [1, 101, 102]}
        for call in (
            partial(ml.create_configured_audience_model, **request_),
            partial(ml.update_configured_audience_model, configuredAudienceModelArn=model),
        ):
            with refused(ml, "ValidationException", "101 is not a percentage from 1 to 100.*102"):
                call(audienceSizeConfig=sizes)

    def test_accounts_and_regions_are_apart(self, service: CleanRoomsML, ml: Any, model: str) -> None:
        for other in (client(service, account="444455556666"), client(service, region="eu-west-1")):
            assert other.list_configured_audience_models()["configuredAudienceModels"] == []
            with refused(other, "ResourceNotFoundException"):
                other.get_configured_audience_model(configuredAudienceModelArn=model)
        assert len(ml.list_configured_audience_models()["configuredAudienceModels"]) == 1

    @pytest.mark.parametrize(
        ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-west-1", "aws")]
    )
    def test_the_partition_is_the_regions(
        self, service: CleanRoomsML, request_: dict[str, Any], region: str, partition: str
    ) -> None:
        arn = f"arn:{partition}:cleanrooms-ml:{region}:111122223333:audience-model/x"
        service.seed_audience_model(arn)
        made = client(service, region=region).create_configured_audience_model(**request_ | {"audienceModelArn": arn})
        assert made["configuredAudienceModelArn"].startswith(f"arn:{partition}:cleanrooms-ml:{region}:")


class TestList:
    @pytest.fixture
    def names(self, ml: Any, request_: dict[str, Any]) -> list[str]:
        names = [f"model-{n}" for n in range(5)]
        for name in names:
            ml.create_configured_audience_model(**request_ | {"name": name, "tags": {"a": "b"}})
        return names

    def test_pages(self, ml: Any, names: list[str]) -> None:
        paginator = ml.get_paginator("list_configured_audience_models")
        pages = list(paginator.paginate(PaginationConfig={"PageSize": 2}))
        assert [len(page["configuredAudienceModels"]) for page in pages] == [2, 2, 1]
        assert [each["name"] for page in pages for each in page["configuredAudienceModels"]] == names
        assert "nextToken" not in pages[-1]

    def test_a_full_last_page_has_no_token(self, ml: Any, names: list[str]) -> None:
        assert "nextToken" not in ml.list_configured_audience_models(maxResults=len(names))

    def test_the_default_page_size_is_a_switch(self, ml: Any, names: list[str], service: CleanRoomsML) -> None:
        service.switches.default_page_size = 3
        assert len(ml.list_configured_audience_models()["configuredAudienceModels"]) == 3 < len(names)

    def test_what_is_deleted_between_two_pages_shifts_nothing(self, ml: Any, names: list[str]) -> None:
        first = ml.list_configured_audience_models(maxResults=2)
        for each in first["configuredAudienceModels"]:
            ml.delete_configured_audience_model(configuredAudienceModelArn=each["configuredAudienceModelArn"])
        second = ml.list_configured_audience_models(maxResults=2, nextToken=first["nextToken"])
        assert [each["name"] for each in second["configuredAudienceModels"]] == names[2:4]

    def test_summaries_have_the_members_of_their_shape(self, ml: Any, names: list[str]) -> None:
        summaries = ml.list_configured_audience_models()["configuredAudienceModels"]
        assert len(summaries) == len(names)
        assert set(summaries[0]) <= set(MODEL["shapes"]["ConfiguredAudienceModelSummary"]["members"])
        assert "tags" not in summaries[0]

    @pytest.mark.parametrize("token", ["!", "bm90IG91cnM=", "YWZ0ZXI6eA=="])
    def test_a_foreign_token_is_refused(self, ml: Any, token: str) -> None:
        with refused(ml, "ValidationException", "nextToken"):
            ml.list_configured_audience_models(nextToken=token)


class TestTags:
    def test_add_overwrite_remove(self, ml: Any, model: str) -> None:
        ml.tag_resource(resourceArn=model, tags={"a": "1", "b": "2"})
        ml.tag_resource(resourceArn=model, tags={"b": "3", "ü 1+-=._:/@": ""})
        assert ml.list_tags_for_resource(resourceArn=model)["tags"] == {"a": "1", "b": "3", "ü 1+-=._:/@": ""}
        ml.untag_resource(resourceArn=model, tagKeys=["a", "ü 1+-=._:/@", "never there"])
        assert get(ml, model)["tags"] == {"b": "3"}

    @pytest.mark.parametrize(
        ("tags", "text"),
        [
            ({"aws:x": "1"}, "reserved prefix"),
            ({"AwS:x": "1"}, "reserved prefix"),
            ({"a*": "1"}, "'a\\*' has a character"),
            ({"a": "1;"}, "value of tag 'a' has a character"),
            ({f"key{n}": "" for n in range(51)}, "51 tags"),
        ],
    )
    def test_refused(self, ml: Any, model: str, request_: dict[str, Any], tags: dict[str, str], text: str) -> None:
        with refused(ml, "ValidationException", text):
            ml.tag_resource(resourceArn=model, tags=tags)
        with refused(ml, "ValidationException", text):
            ml.create_configured_audience_model(**request_, tags=tags)
        assert get(ml, model)["tags"] == {}

    def test_the_limit_counts_existing_tags_but_not_those_of_aws(
        self, ml: Any, model: str, service: CleanRoomsML
    ) -> None:
        service.resource(model)["tags"]["aws:owner"] = "aws"
        ml.tag_resource(resourceArn=model, tags={f"key{n}": "" for n in range(50)})
        ml.tag_resource(resourceArn=model, tags={"key0": "again"})
        with refused(ml, "ValidationException", "51 tags"):
            ml.tag_resource(resourceArn=model, tags={"one more": ""})

    def test_a_reserved_tag_can_not_be_removed(self, ml: Any, model: str, service: CleanRoomsML) -> None:
        service.resource(model)["tags"]["aws:owner"] = "aws"
        with refused(ml, "ValidationException", "reserved prefix"):
            ml.untag_resource(resourceArn=model, tagKeys=["aws:owner"])

    def test_every_type_has_tags(self, ml: Any, dataset: str, audience_model: str) -> None:
        for arn in (dataset, audience_model):
            ml.tag_resource(resourceArn=arn, tags={"a": "1"})
            assert ml.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1"}

    def test_not_of_what_does_not_exist(self, ml: Any, audience_model: str) -> None:
        missing = f"{audience_model}-other"
        for call in (
            partial(ml.tag_resource, tags={}),
            partial(ml.untag_resource, tagKeys=["a"]),
            ml.list_tags_for_resource,
        ):
            with refused(ml, "ResourceNotFoundException", "seeded-other"):
                call(resourceArn=missing)


class TestPolicy:
    POLICY = json.dumps({"Version": "2012-10-17", "Statement": []})

    def put(self, ml: Any, model: str, policy: str = POLICY, **guards: str) -> str:
        answer = ml.put_configured_audience_model_policy(
            configuredAudienceModelArn=model, configuredAudienceModelPolicy=policy, **guards
        )
        assert answer["configuredAudienceModelPolicy"] == policy
        return str(answer["policyHash"])

    def test_put_get_delete(self, ml: Any, model: str) -> None:
        policy_hash = self.put(ml, model)
        assert policy_hash == hashlib.sha256(self.POLICY.encode()).hexdigest()
        shown = ml.get_configured_audience_model_policy(configuredAudienceModelArn=model)
        assert (shown["configuredAudienceModelPolicy"], shown["policyHash"]) == (self.POLICY, policy_hash)
        ml.delete_configured_audience_model_policy(configuredAudienceModelArn=model)
        for call in (ml.get_configured_audience_model_policy, ml.delete_configured_audience_model_policy):
            with refused(ml, "ResourceNotFoundException", "has no policy"):
                call(configuredAudienceModelArn=model)

    def test_guards_that_hold(self, ml: Any, model: str) -> None:
        first = self.put(ml, model, policyExistenceCondition="POLICY_MUST_NOT_EXIST")
        self.put(ml, model, previousPolicyHash=first, policyExistenceCondition="POLICY_MUST_EXIST")

    def test_guards_that_do_not(self, ml: Any, model: str, service: CleanRoomsML) -> None:
        with refused(ml, "ValidationException", "POLICY_MUST_EXIST"):
            self.put(ml, model, policyExistenceCondition="POLICY_MUST_EXIST")
        with refused(ml, "ValidationException", "previousPolicyHash"):
            self.put(ml, model, previousPolicyHash="0" * 64)
        self.put(ml, model)
        service.switches.stale_policy_hash_error = "ConflictException"
        with refused(ml, "ConflictException", "POLICY_MUST_NOT_EXIST"):
            self.put(ml, model, policyExistenceCondition="POLICY_MUST_NOT_EXIST")
        with refused(ml, "ConflictException", "previousPolicyHash"):
            self.put(ml, model, previousPolicyHash="0" * 64)

    @pytest.mark.parametrize("text", ["{", "[]", "{}", '{"Statement": "x"}', '{"Statement": ["x"]}'])
    def test_it_must_be_a_policy(self, ml: Any, model: str, text: str) -> None:
        with refused(ml, "ValidationException", "Statement"):
            self.put(ml, model, text)

    def test_it_goes_with_its_model(self, ml: Any, model: str) -> None:
        self.put(ml, model)
        ml.delete_configured_audience_model(configuredAudienceModelArn=model)
        with refused(ml, "ResourceNotFoundException", "does not exist"):
            ml.get_configured_audience_model_policy(configuredAudienceModelArn=model)


class TestAudienceModel:
    def train(self, ml: Any, dataset: str, name: str = "model") -> str:
        return str(ml.create_audience_model(name=name, trainingDatasetArn=dataset)["audienceModelArn"])

    def status(self, ml: Any, arn: str) -> str:
        listed = {each["audienceModelArn"]: each["status"] for each in ml.list_audience_models()["audienceModels"]}
        status = str(ml.get_audience_model(audienceModelArn=arn)["status"])
        assert listed[arn] == status
        return status

    def test_it_is_active_at_once(self, ml: Any, dataset: str) -> None:
        assert self.status(ml, self.train(ml, dataset)) == "ACTIVE"

    def test_training_takes_its_time(self, ml: Any, dataset: str, service: CleanRoomsML, clock: Any) -> None:
        service.switches.training_seconds = 100
        arn = self.train(ml, dataset)
        seen = [self.status(ml, arn)]
        for _ in range(2):
            clock.move(50)
            seen.append(self.status(ml, arn))
        assert seen == ["CREATE_PENDING", "CREATE_IN_PROGRESS", "ACTIVE"]

    def test_training_fails(self, ml: Any, dataset: str, service: CleanRoomsML) -> None:
        service.switches.training_fails = True
        arn = self.train(ml, dataset)
        assert self.status(ml, arn) == "CREATE_FAILED"
        details = ml.get_audience_model(audienceModelArn=arn)["statusDetails"]
        assert details == {"statusCode": "TRAINING_FAILED", "message": "the training failed"}
        ml.delete_audience_model(audienceModelArn=arn)

    def test_a_training_that_is_over_stays_so(self, ml: Any, dataset: str, service: CleanRoomsML) -> None:
        trained = self.train(ml, dataset)
        service.switches.training_fails = True
        failed = self.train(ml, dataset)
        service.switches.training_seconds = 100
        self.train(ml, dataset)
        assert (self.status(ml, trained), self.status(ml, failed)) == ("ACTIVE", "CREATE_FAILED")

    def test_two_may_be_in_training(self, ml: Any, dataset: str, service: CleanRoomsML, clock: Any) -> None:
        service.switches.training_seconds = 100
        self.train(ml, dataset)
        self.train(ml, dataset)
        with refused(ml, "ServiceQuotaExceededException") as caught:
            self.train(ml, dataset)
        answer = caught.value.response
        assert (answer["quotaName"], answer["quotaValue"]) == ("Pending audience models", 2)
        clock.move(100)
        self.train(ml, dataset)

    def test_it_stays_while_it_is_in_training(self, ml: Any, dataset: str, service: CleanRoomsML, clock: Any) -> None:
        service.switches.training_seconds = 100
        arn = self.train(ml, dataset)
        for seconds, status in ((0, "CREATE_PENDING"), (50, "CREATE_IN_PROGRESS")):
            clock.move(seconds)
            with refused(ml, "ConflictException", f"in training, its status is {status}"):
                ml.delete_audience_model(audienceModelArn=arn)
        service.switches.training_delete_refused = False
        ml.delete_audience_model(audienceModelArn=arn)

    def test_the_clock_can_be_turned(self, ml: Any, dataset: str, service: CleanRoomsML) -> None:
        service.switches.training_seconds = 48 * 3600
        arn = self.train(ml, dataset)
        service.advance(24 * 3600)
        assert self.status(ml, arn) == "CREATE_IN_PROGRESS"
        service.advance(24 * 3600)
        assert self.status(ml, arn) == "ACTIVE"

    def test_a_deletion_takes_its_time(self, ml: Any, dataset: str, service: CleanRoomsML, request_: Any) -> None:
        service.switches.deleting_seconds = 100
        arn = self.train(ml, dataset)
        ml.delete_audience_model(audienceModelArn=arn)
        assert self.status(ml, arn) == "DELETE_PENDING"
        service.advance(50)
        assert self.status(ml, arn) == "DELETE_IN_PROGRESS"
        with refused(ml, "ConflictException", "being deleted, its status is DELETE_IN_PROGRESS"):
            ml.delete_audience_model(audienceModelArn=arn)
        with refused(ml, "ConflictException", "not ACTIVE"):
            ml.create_configured_audience_model(**request_ | {"audienceModelArn": arn})
        service.advance(50)
        with refused(ml, "ResourceNotFoundException"):
            ml.get_audience_model(audienceModelArn=arn)

    def test_a_deletion_fails(self, ml: Any, audience_model: str, service: CleanRoomsML) -> None:
        service.switches.deleting_fails = True
        ml.delete_audience_model(audienceModelArn=audience_model)
        assert self.status(ml, audience_model) == "DELETE_FAILED"
        details = ml.get_audience_model(audienceModelArn=audience_model)["statusDetails"]
        assert details["message"] == "the deletion failed"
        service.switches.deleting_fails = False
        assert self.status(ml, audience_model) == "DELETE_FAILED"
        ml.delete_audience_model(audienceModelArn=audience_model)
        with refused(ml, "ResourceNotFoundException"):
            ml.get_audience_model(audienceModelArn=audience_model)

    def test_unique_names(self, ml: Any, dataset: str, service: CleanRoomsML) -> None:
        first = self.train(ml, dataset)
        self.train(ml, dataset)
        service.switches.audience_model_names = "unique"
        with refused(ml, "ConflictException", first):
            self.train(ml, dataset)
        self.train(ml, dataset, "another")

    def test_lists_and_deletes_lag(self, ml: Any, dataset: str, service: CleanRoomsML) -> None:
        service.faults.list_lag = service.faults.delete_lag = 1
        arn = self.train(ml, dataset)
        assert [len(ml.list_audience_models()["audienceModels"]) for _ in range(2)] == [0, 1]
        ml.delete_audience_model(audienceModelArn=arn)
        assert self.status(ml, arn) == "DELETE_IN_PROGRESS"
        with refused(ml, "ResourceNotFoundException"):
            ml.get_audience_model(audienceModelArn=arn)

    def test_summaries_have_the_members_of_their_shape(self, ml: Any, dataset: str) -> None:
        self.train(ml, dataset)
        (summary,) = ml.list_audience_models()["audienceModels"]
        shape = MODEL["shapes"]["AudienceModelSummary"]
        assert set(shape["required"]) <= set(summary) <= set(shape["members"])

    def test_a_configured_model_needs_it_active(
        self, ml: Any, dataset: str, service: CleanRoomsML, request_: dict[str, Any]
    ) -> None:
        service.switches.training_seconds = 100
        request_["audienceModelArn"] = self.train(ml, dataset)
        with refused(ml, "ConflictException", "CREATE_PENDING, not ACTIVE"):
            ml.create_configured_audience_model(**request_)
        service.switches.audience_model_must_be_active = False
        ml.create_configured_audience_model(**request_)

    def test_it_stays_while_it_is_used(self, ml: Any, model: str, audience_model: str) -> None:
        with refused(ml, "ConflictException", model):
            ml.delete_audience_model(audienceModelArn=audience_model)
        ml.delete_configured_audience_model(configuredAudienceModelArn=model)
        ml.delete_audience_model(audienceModelArn=audience_model)
        with refused(ml, "ResourceNotFoundException"):
            ml.get_audience_model(audienceModelArn=audience_model)

    def test_the_name_of_a_dataset_is_its_own(self, ml: Any, dataset: str) -> None:
        known = ml.get_training_dataset(trainingDatasetArn=dataset)
        again = {member: known[member] for member in ("name", "roleArn", "trainingData")}
        with refused(ml, "ConflictException", "a training dataset of that name is"):
            ml.create_training_dataset(**again)
        ml.delete_training_dataset(trainingDatasetArn=dataset)
        ml.create_training_dataset(**again)

    def test_its_dataset_stays_while_it_is_used(self, ml: Any, dataset: str) -> None:
        arn = self.train(ml, dataset)
        with refused(ml, "ConflictException", arn):
            ml.delete_training_dataset(trainingDatasetArn=dataset)
        ml.delete_audience_model(audienceModelArn=arn)
        ml.delete_training_dataset(trainingDatasetArn=dataset)
        assert ml.list_training_datasets()["trainingDatasets"] == []

    def test_it_needs_a_dataset(self, ml: Any, dataset: str) -> None:
        with refused(ml, "ResourceNotFoundException"):
            self.train(ml, f"{dataset}-other")

    def test_timestamps_come_back(self, ml: Any, dataset: str, clock: Any) -> None:
        arn = ml.create_audience_model(
            name="model", trainingDatasetArn=dataset, trainingDataStartTime=clock(), trainingDataEndTime=clock()
        )["audienceModelArn"]
        assert ml.get_audience_model(audienceModelArn=arn)["trainingDataStartTime"] == clock()

    @pytest.mark.parametrize("arn", ["", "seeded", "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/"])
    def test_only_an_arn_can_be_seeded(self, service: CleanRoomsML, arn: str) -> None:
        with pytest.raises(ValueError, match="is not the ARN of an audience model"):
            service.seed_audience_model(arn)


@pytest.mark.parametrize("unique", [True, False])
def test_unique_names(ml: Any, request_: dict[str, Any], model: str, service: CleanRoomsML, unique: bool) -> None:
    service.switches.configured_audience_model_names = "unique" if unique else "repeat"
    if not unique:
        assert ml.create_configured_audience_model(**request_)["configuredAudienceModelArn"] != model
        return
    with refused(ml, "ConflictException", model):
        ml.create_configured_audience_model(**request_)
    ml.create_configured_audience_model(**request_ | {"name": "another"})
    ml.delete_configured_audience_model(configuredAudienceModelArn=model)
    ml.create_configured_audience_model(**request_)


def test_the_default_tag_policy_is_a_switch(ml: Any, request_: dict[str, Any], service: CleanRoomsML) -> None:
    for policy in ("NONE", "FROM_PARENT_RESOURCE", None):
        service.switches.child_resource_tag_on_create_policy = policy
        arn = ml.create_configured_audience_model(**request_)["configuredAudienceModelArn"]
        assert get(ml, arn).get("childResourceTagOnCreatePolicy") == policy


def test_what_is_not_implemented_says_so(service: CleanRoomsML) -> None:
    tried = []
    for name, implemented in (("cleanroomsml", OPERATIONS), ("cleanrooms", CLEAN_ROOMS_OPERATIONS)):
        operations = Loader().load_service_model(name, "service-2")["operations"]
        for operation in sorted(set(operations) - set(implemented)):
            http = operations[operation]["http"]
            where: Any = {"account": "111122223333", "region": "us-east-1", "service": name}
            response = service.handle(http["method"], http["requestUri"], {}, {}, b"", **where)
            assert (response.status, response.headers["x-amzn-errortype"]) == (501, "NotImplemented"), operation
            assert operation in json.loads(response.body)["message"]
            tried.append((operation, "NotImplemented"))
    assert [(call.operation, call.outcome) for call in service.calls] == tried
    assert len(tried) > 100
