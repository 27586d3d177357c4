"""The types of CloudFormation that the engine adds: a training dataset, a collaboration, a membership."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine


class TestTrainingDataset:
    @pytest.fixture
    def dataset(self, role: str) -> dict[str, Any]:
        source = {"GlueDataSource": {"DatabaseName": "db", "TableName": "table", "CatalogId": "111122223333"}}
        schema = [{"ColumnName": "user", "ColumnTypes": ["USER_ID"]}]
        data = {"Type": "INTERACTIONS", "InputConfig": {"Schema": schema, "DataSource": source}}
        properties = {
            "Name": "interactions",
            "RoleArn": role,
            "TrainingData": [data],
            "Tags": [{"Key": "team", "Value": "ads"}],
        }
        return {"Type": "AWS::CleanRoomsML::TrainingDataset", "Properties": properties}

    def test_life(self, stacks: Any, engine: Engine, dataset: dict[str, Any]) -> None:
        outputs = {"Ref": {"Value": {"Ref": "Data"}}, "Arn": {"Value": {"Fn::GetAtt": ["Data", "TrainingDatasetArn"]}}}
        assert stacks.create({"Data": dataset}, outputs) == "CREATE_COMPLETE"
        arn = stacks.outputs()["Ref"]
        assert stacks.outputs()["Arn"] == arn
        ml = engine.client("cleanroomsml")
        shown = ml.get_training_dataset(trainingDatasetArn=arn)
        assert shown["trainingData"][0]["inputConfig"]["schema"] == [{"columnName": "user", "columnTypes": ["USER_ID"]}]
        assert shown["tags"] == {"team": "ads"}

        dataset["Properties"]["Tags"] = [{"Key": "stage", "Value": "test"}]
        assert stacks.update({"Data": dataset}, outputs) == "UPDATE_COMPLETE"
        assert stacks.outputs()["Ref"] == arn
        assert ml.get_training_dataset(trainingDatasetArn=arn)["tags"] == {"stage": "test"}

        dataset["Properties"]["Name"] = "renamed"
        assert stacks.update({"Data": dataset}, outputs) == "UPDATE_COMPLETE"
        assert [each["name"] for each in ml.list_training_datasets()["trainingDatasets"]] == ["renamed"]

        assert stacks.delete() == "DELETE_COMPLETE"
        assert ml.list_training_datasets()["trainingDatasets"] == []

    def test_what_the_service_refuses_fails_the_stack(self, stacks: Any, dataset: dict[str, Any]) -> None:
        dataset["Properties"]["Name"] = "x" * 64
        assert stacks.create({"Data": dataset}) == "ROLLBACK_COMPLETE"
        assert "Member must have length less than or equal to 63" in stacks.reason("Data")

    def test_one_that_is_gone_counts_as_deleted(self, stacks: Any, engine: Engine, dataset: dict[str, Any]) -> None:
        stacks.create({"Data": dataset}, {"Ref": {"Value": {"Ref": "Data"}}})
        engine.client("cleanroomsml").delete_training_dataset(trainingDatasetArn=stacks.outputs()["Ref"])
        assert stacks.delete() == "DELETE_COMPLETE"

    def test_one_that_is_used_stays(self, stacks: Any, engine: Engine, dataset: dict[str, Any]) -> None:
        stacks.create({"Data": dataset}, {"Ref": {"Value": {"Ref": "Data"}}})
        arn = stacks.outputs()["Ref"]
        engine.client("cleanroomsml").create_audience_model(name="model", trainingDatasetArn=arn)
        assert stacks.delete() == "DELETE_FAILED"
        assert f"{arn} is used by" in stacks.reason("Data")


class TestCleanRooms:
    """A collaboration that a partner created, with a membership of this account in it; and one of its own."""

    @pytest.fixture
    def resources(self) -> dict[str, Any]:
        member = {
            "AccountId": "444455556666",
            "DisplayName": "advertiser",
            "MemberAbilities": ["CAN_QUERY", "CAN_RECEIVE_RESULTS"],
            "MLMemberAbilities": {"CustomMLMemberAbilities": ["CAN_RECEIVE_MODEL_OUTPUT"]},
        }
        collaboration = {
            "Name": "spring",
            "Description": "with a partner",
            "CreatorDisplayName": "publisher",
            "CreatorMemberAbilities": [],
            "Members": [member],
            "QueryLogStatus": "DISABLED",
            "Tags": [{"Key": "team", "Value": "ads"}],
        }
        membership = {
            "CollaborationIdentifier": {"Fn::GetAtt": ["Collaboration", "CollaborationIdentifier"]},
            "QueryLogStatus": "DISABLED",
            "Tags": [{"Key": "team", "Value": "ads"}],
        }
        return {
            "Collaboration": {"Type": "AWS::CleanRooms::Collaboration", "Properties": collaboration},
            "Membership": {"Type": "AWS::CleanRooms::Membership", "Properties": membership},
        }

    OUTPUTS: ClassVar[dict[str, Any]] = {
        "".join(of): {"Value": {"Fn::GetAtt": list(of)} if of[1:] else {"Ref": of[0]}}
        for of in (
            ("Collaboration",),
            ("Collaboration", "CollaborationIdentifier"),
            ("Collaboration", "Arn"),
            ("Membership",),
            ("Membership", "MembershipIdentifier"),
            ("Membership", "Arn"),
            ("Membership", "CollaborationArn"),
            ("Membership", "CollaborationCreatorAccountId"),
        )
    }

    def test_life(self, stacks: Any, engine: Engine, resources: dict[str, Any]) -> None:
        assert stacks.create(resources, self.OUTPUTS) == "CREATE_COMPLETE"
        made = stacks.outputs()
        rooms, partner = engine.client("cleanrooms"), engine.client("cleanrooms", account="444455556666")
        shown = partner.get_collaboration(collaborationIdentifier=made["Collaboration"])["collaboration"]
        assert made["CollaborationCollaborationIdentifier"] == shown["id"]
        assert made["CollaborationArn"] == made["MembershipCollaborationArn"] == shown["arn"]
        assert made["MembershipCollaborationCreatorAccountId"] == "111122223333"
        assert made["MembershipMembershipIdentifier"] == made["Membership"]
        joined = partner.create_membership(collaborationIdentifier=shown["id"], queryLogStatus="DISABLED")["membership"]
        assert joined["mlMemberAbilities"] == {"customMLMemberAbilities": ["CAN_RECEIVE_MODEL_OUTPUT"]}

        resources["Collaboration"]["Properties"] |= {"Name": "summer", "Tags": []}
        resources["Membership"]["Properties"] |= {
            "QueryLogStatus": "ENABLED",
            "PaymentConfiguration": {"QueryCompute": {"IsResponsible": True}},
            "Tags": [{"Key": "stage", "Value": "test"}],
        }
        assert stacks.update(resources, self.OUTPUTS) == "UPDATE_COMPLETE"
        assert stacks.outputs() == made
        membership = rooms.get_membership(membershipIdentifier=made["Membership"])["membership"]
        assert (membership["collaborationName"], membership["queryLogStatus"]) == ("summer", "ENABLED")
        assert membership["paymentConfiguration"]["queryCompute"] == {"isResponsible": True}
        assert rooms.list_tags_for_resource(resourceArn=made["CollaborationArn"])["tags"] == {}
        assert rooms.list_tags_for_resource(resourceArn=made["MembershipArn"])["tags"] == {"stage": "test"}

        resources["Collaboration"]["Properties"]["CreatorDisplayName"] = "another"
        assert stacks.update(resources, self.OUTPUTS) == "UPDATE_COMPLETE"
        replaced = stacks.outputs()
        assert not {made["Collaboration"], made["Membership"]} & set(replaced.values())
        assert [each["id"] for each in rooms.list_memberships()["membershipSummaries"]] == [replaced["Membership"]]

        assert stacks.delete() == "DELETE_COMPLETE"
        assert rooms.list_collaborations()["collaborationList"] == []
        assert rooms.list_memberships()["membershipSummaries"] == []

    def test_what_is_gone_counts_as_deleted(self, stacks: Any, engine: Engine, resources: dict[str, Any]) -> None:
        stacks.create(resources, self.OUTPUTS)
        made, rooms = stacks.outputs(), engine.client("cleanrooms")
        rooms.delete_membership(membershipIdentifier=made["Membership"])
        rooms.delete_collaboration(collaborationIdentifier=made["Collaboration"])
        assert stacks.delete() == "DELETE_COMPLETE"

    def test_what_the_service_refuses_fails_the_stack(self, stacks: Any, resources: dict[str, Any]) -> None:
        resources["Membership"]["Properties"]["CollaborationIdentifier"] = "00000000-0000-0000-0000-000000000000"
        assert stacks.create(resources) == "ROLLBACK_COMPLETE"
        assert "is not invited" in stacks.reason("Membership")


def test_an_unknown_type_is_still_refused(engine: Engine) -> None:
    template = json.dumps({"Resources": {"Thing": {"Type": "AWS::CleanRoomsML::AudienceModel"}}})
    cloudformation = engine.client("cloudformation")
    with pytest.raises(cloudformation.exceptions.ClientError, match="AudienceModel"):
        cloudformation.create_stack(StackName="stack", TemplateBody=template)
