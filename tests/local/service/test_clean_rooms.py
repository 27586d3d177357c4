"""Clean Rooms beside the local service: collaborations, memberships, associations; two accounts."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.loaders import Loader

from cdk_cleanroomsml.local.service import client

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_cleanroomsml.local.service import CleanRoomsML

pytestmark = pytest.mark.reading("every position of a switch is set by the test that is about it")

SHAPES = Loader().load_service_model("cleanrooms", "service-2")["shapes"]
NONE = "00000000-0000-0000-0000-000000000000"


def refused(rooms: Any, code: str, text: str | None = None) -> Any:
    return pytest.raises(getattr(rooms.exceptions, code), match=text)


def has_its_members(shape: str, value: dict[str, Any]) -> bool:
    """Whether a value has all required members of its shape, and none that the shape doesn't know."""
    return set(SHAPES[shape]["required"]) <= set(value) <= set(SHAPES[shape]["members"])


@pytest.fixture
def model(ml: Any, request_: dict[str, Any]) -> str:
    return str(ml.create_configured_audience_model(**request_)["configuredAudienceModelArn"])


@pytest.fixture
def models(ml: Any, request_: dict[str, Any]) -> Callable[[], str]:
    """Makes one more configured audience model."""

    def make() -> str:
        return str(ml.create_configured_audience_model(**request_)["configuredAudienceModelArn"])

    return make


@pytest.fixture
def associate(rooms: Any, membership: str) -> Callable[..., dict[str, Any]]:
    """Associates a model with the membership."""

    def make(model: str, name: str = "lookalikes", *, manage: bool = False, **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = rooms.create_configured_audience_model_association(
            membershipIdentifier=membership,
            configuredAudienceModelArn=model,
            configuredAudienceModelAssociationName=name,
            manageResourcePolicies=manage,
            **more,
        )["configuredAudienceModelAssociation"]
        return made

    return make


def ids(association: dict[str, Any]) -> dict[str, str]:
    return {
        "membershipIdentifier": association["membershipId"],
        "configuredAudienceModelAssociationIdentifier": association["id"],
    }


def get(rooms: Any, association: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = rooms.get_configured_audience_model_association(**ids(association))
    return dict(found["configuredAudienceModelAssociation"])


class TestCollaboration:
    def test_its_members_see_it_each_with_its_own_status(
        self, rooms: Any, partner: Any, collaboration: str, membership: str
    ) -> None:
        seen = rooms.get_collaboration(collaborationIdentifier=collaboration)["collaboration"]
        assert has_its_members("Collaboration", seen)
        assert (seen["name"], seen["creatorAccountId"], seen["memberStatus"]) == ("spring", "444455556666", "ACTIVE")
        assert (seen["membershipId"], seen["membershipArn"].rpartition("/")[2]) == (membership, membership)
        theirs = partner.get_collaboration(collaborationIdentifier=collaboration)["collaboration"]
        assert theirs["memberStatus"] == "INVITED"
        assert "membershipId" not in theirs

    def test_list_by_status(self, rooms: Any, partner: Any, collaboration: str, membership: str) -> None:
        (summary,) = rooms.list_collaborations()["collaborationList"]
        assert has_its_members("CollaborationSummary", summary)
        assert (summary["id"], summary["membershipId"]) == (collaboration, membership)
        assert rooms.list_collaborations(memberStatus="INVITED")["collaborationList"] == []
        assert len(partner.list_collaborations(memberStatus="INVITED")["collaborationList"]) == 1

    def test_its_members(self, service: CleanRoomsML, rooms: Any, collaboration: str, membership: str) -> None:
        listed = rooms.list_members(collaborationIdentifier=collaboration)["memberSummaries"]
        assert all(has_its_members("MemberSummary", each) for each in listed)
        told = {each["accountId"]: (each["status"], each.get("membershipId")) for each in listed}
        assert told == {"444455556666": ("INVITED", None), "111122223333": ("ACTIVE", membership)}
        pages = rooms.get_paginator("list_members").paginate(
            collaborationIdentifier=collaboration, PaginationConfig={"PageSize": 1}
        )
        assert [len(page["memberSummaries"]) for page in pages] == [1, 1]
        stranger: Any = client(service, "cleanrooms", account="777788889999")
        with refused(stranger, "AccessDeniedException", "no member of a collaboration"):
            stranger.list_members(collaborationIdentifier=collaboration)

    def test_it_is_nobody_elses(self, service: CleanRoomsML, rooms: Any, collaboration: str) -> None:
        stranger: Any = client(service, "cleanrooms", account="777788889999")
        assert stranger.list_collaborations()["collaborationList"] == []
        for identifier, caller in ((collaboration, stranger), (NONE, rooms)):
            with refused(caller, "AccessDeniedException", f"no member of a collaboration {identifier}"):
                caller.get_collaboration(collaborationIdentifier=identifier)

    def test_its_creator_changes_it(self, rooms: Any, partner: Any, collaboration: str, membership: str) -> None:
        with refused(rooms, "AccessDeniedException", "only its creator, 444455556666"):
            rooms.update_collaboration(collaborationIdentifier=collaboration, name="summer")
        changed = partner.update_collaboration(collaborationIdentifier=collaboration, name="summer")["collaboration"]
        assert (changed["name"], changed["description"]) == ("summer", "with a partner")
        shown = rooms.get_membership(membershipIdentifier=membership)["membership"]
        assert shown["collaborationName"] == "summer"

    def test_its_creator_deletes_it(self, rooms: Any, partner: Any, collaboration: str, membership: str) -> None:
        with refused(rooms, "AccessDeniedException", "only its creator"):
            rooms.delete_collaboration(collaborationIdentifier=collaboration)
        partner.delete_collaboration(collaborationIdentifier=collaboration)
        assert rooms.list_collaborations()["collaborationList"] == []
        (left,) = rooms.list_memberships(status="COLLABORATION_DELETED")["membershipSummaries"]
        assert left["id"] == membership
        assert rooms.list_memberships(status="ACTIVE")["membershipSummaries"] == []
        rooms.delete_membership(membershipIdentifier=membership)

    @pytest.mark.parametrize("account", ["444455556666", "777788889999"])
    def test_an_account_is_named_once(self, partner: Any, collaboration_request: Any, account: str) -> None:
        request = collaboration_request("777788889999")
        request["members"].append({**request["members"][0], "accountId": account})
        with refused(partner, "ValidationException", "names an account twice, or the creator"):
            partner.create_collaboration(**request)


class TestMembership:
    def test_it_has_what_the_collaboration_says(self, rooms: Any, collaboration: str, membership: str) -> None:
        shown = rooms.get_membership(membershipIdentifier=membership)["membership"]
        assert has_its_members("Membership", shown)
        assert (shown["collaborationId"], shown["status"], shown["memberAbilities"]) == (collaboration, "ACTIVE", [])
        assert shown["collaborationCreatorAccountId"] == "444455556666"
        assert shown["paymentConfiguration"] == {"queryCompute": {"isResponsible": False}}
        (summary,) = rooms.list_memberships()["membershipSummaries"]
        assert has_its_members("MembershipSummary", summary)

    def test_one_for_an_account(self, rooms: Any, collaboration: str, membership: str) -> None:
        with refused(rooms, "ConflictException", membership) as caught:
            rooms.create_membership(collaborationIdentifier=collaboration, queryLogStatus="DISABLED")
        assert caught.value.response["reason"] == "ALREADY_EXISTS"

    def test_for_the_invited_only(self, service: CleanRoomsML, collaboration: str) -> None:
        stranger: Any = client(service, "cleanrooms", account="777788889999")
        with refused(stranger, "ResourceNotFoundException", "not invited"):
            stranger.create_membership(collaborationIdentifier=collaboration, queryLogStatus="DISABLED")

    def test_update_changes_what_it_names(self, rooms: Any, membership: str) -> None:
        result = {
            "outputConfiguration": {"s3": {"bucket": "bucket", "resultFormat": "CSV"}},
            "roleArn": "arn:aws:iam::111122223333:role/results",
        }
        payment = {"jobCompute": {"isResponsible": False}}
        changed = rooms.update_membership(
            membershipIdentifier=membership,
            queryLogStatus="ENABLED",
            defaultResultConfiguration=result,
            membershipPaymentConfiguration=payment,
        )["membership"]
        assert (changed["queryLogStatus"], changed["defaultResultConfiguration"]) == ("ENABLED", result)
        assert changed["paymentConfiguration"] == {"queryCompute": {"isResponsible": False}} | payment

    def test_it_stays_while_it_has_associations(self, rooms: Any, membership: str, associate: Any, model: str) -> None:
        association = associate(model)
        with refused(rooms, "ConflictException", association["arn"]) as caught:
            rooms.delete_membership(membershipIdentifier=membership)
        assert caught.value.response["reason"] == "SUBRESOURCES_EXIST"
        rooms.delete_configured_audience_model_association(**ids(association))
        rooms.delete_membership(membershipIdentifier=membership)
        with refused(rooms, "ResourceNotFoundException"):
            rooms.get_membership(membershipIdentifier=membership)

    def test_it_can_be_created_again(self, rooms: Any, collaboration: str, membership: str) -> None:
        rooms.delete_membership(membershipIdentifier=membership)
        rooms.create_membership(collaborationIdentifier=collaboration, queryLogStatus="DISABLED")


class TestAssociation:
    def test_create_answers_the_whole(
        self, rooms: Any, associate: Any, model: str, membership: str, collaboration: str, clock: Any
    ) -> None:
        made = associate(model, description="for spring", tags={"team": "ads"})
        assert made == get(rooms, made)
        assert has_its_members("ConfiguredAudienceModelAssociation", made)
        assert (made["membershipId"], made["collaborationId"]) == (membership, collaboration)
        assert (made["name"], made["configuredAudienceModelArn"]) == ("lookalikes", model)
        assert (made["description"], made["manageResourcePolicies"]) == ("for spring", False)
        assert made["createTime"] == made["updateTime"] == clock()
        assert made["arn"] == f"{made['membershipArn']}/configuredaudiencemodelassociation/{made['id']}"

    def test_update_changes_name_and_description(self, rooms: Any, associate: Any, model: str, clock: Any) -> None:
        made = associate(model, description="old")
        clock.move(60)
        rooms.update_configured_audience_model_association(**ids(made), name="renamed")
        rooms.update_configured_audience_model_association(**ids(made), description="")
        assert get(rooms, made) == made | {"name": "renamed", "description": "", "updateTime": clock()}

    def test_list_is_of_one_membership(
        self, service: CleanRoomsML, rooms: Any, partner: Any, associate: Any, models: Any, collaboration_request: Any
    ) -> None:
        first, second = associate(models(), "first"), associate(models(), "second")
        other = partner.create_collaboration(**collaboration_request())["collaboration"]["id"]
        membership = rooms.create_membership(collaborationIdentifier=other, queryLogStatus="DISABLED")["membership"]
        listing = partial(rooms.list_configured_audience_model_associations, membershipIdentifier=first["membershipId"])
        page = listing(maxResults=1)
        (summary,) = page["configuredAudienceModelAssociationSummaries"]
        assert has_its_members("ConfiguredAudienceModelAssociationSummary", summary)
        rest = listing(nextToken=page["nextToken"])["configuredAudienceModelAssociationSummaries"]
        assert [each["id"] for each in (summary, *rest)] == [first["id"], second["id"]]
        elsewhere = rooms.list_configured_audience_model_associations(membershipIdentifier=membership["id"])
        assert elsewhere["configuredAudienceModelAssociationSummaries"] == []
        rooms.delete_membership(membershipIdentifier=membership["id"])
        service.faults.list_lag = 1
        associate(models(), "third")
        found = [len(listing()["configuredAudienceModelAssociationSummaries"]) for _ in range(2)]
        assert found == [2, 3]

    def test_deleted_it_is_gone(self, service: CleanRoomsML, rooms: Any, associate: Any, model: str) -> None:
        made = associate(model)
        service.faults.delete_lag = 1
        rooms.delete_configured_audience_model_association(**ids(made))
        get(rooms, made)
        for call in (get, lambda rooms, each: rooms.delete_configured_audience_model_association(**ids(each))):
            with refused(rooms, "ResourceNotFoundException", "configured audience model association arn"):
                call(rooms, made)

    def test_it_needs_a_membership_and_a_model(
        self, rooms: Any, associate: Any, model: str, collaboration: str, partner: Any
    ) -> None:
        with refused(rooms, "ResourceNotFoundException", "configured audience model arn.*x does not exist"):
            associate(f"{model}x")
        with refused(rooms, "ResourceNotFoundException", f"membership arn.*{NONE}"):
            rooms.list_configured_audience_model_associations(membershipIdentifier=NONE)
        partner.delete_collaboration(collaborationIdentifier=collaboration)
        with refused(rooms, "ConflictException", "COLLABORATION_DELETED"):
            associate(model)

    def test_a_model_of_another_account_is_none(self, partner: Any, collaboration: str, model: str) -> None:
        theirs = partner.create_membership(collaborationIdentifier=collaboration, queryLogStatus="DISABLED")
        with refused(partner, "ResourceNotFoundException", model):
            partner.create_configured_audience_model_association(
                membershipIdentifier=theirs["membership"]["id"],
                configuredAudienceModelArn=model,
                configuredAudienceModelAssociationName="theirs",
                manageResourcePolicies=False,
            )

    def test_five_for_a_membership(self, rooms: Any, associate: Any, models: Any) -> None:
        for n in range(5):
            associate(models(), f"number {n}")
        with refused(rooms, "ServiceQuotaExceededException") as caught:
            associate(models(), "number 5")
        assert caught.value.response["quotaValue"] == 5
        assert "associations per membership" in caught.value.response["quotaName"]

    def test_unique_names(self, service: CleanRoomsML, rooms: Any, associate: Any, models: Any) -> None:
        first, other = associate(models(), "taken"), associate(models(), "free")
        with refused(rooms, "ConflictException", first["arn"]):
            associate(models(), "taken")
        rename = partial(rooms.update_configured_audience_model_association, **ids(other), name="taken")
        with refused(rooms, "ValidationException", "is named 'taken'"):
            rename()
        rooms.update_configured_audience_model_association(**ids(first), name="taken")
        service.switches.association_names = "repeat"
        rename()
        associate(models(), "taken")

    def test_a_model_is_associated_once(self, service: CleanRoomsML, rooms: Any, associate: Any, model: str) -> None:
        first = associate(model, "first")
        with refused(rooms, "ConflictException", first["arn"]):
            associate(model, "second")
        service.switches.one_association_per_model = False
        associate(model, "second")

    def test_it_is_dropped_with_its_model(self, ml: Any, rooms: Any, associate: Any, models: Any) -> None:
        gone, kept = associate(models(), "gone"), associate(models(), "kept")
        ml.delete_configured_audience_model(configuredAudienceModelArn=gone["configuredAudienceModelArn"])
        with refused(rooms, "ResourceNotFoundException"):
            get(rooms, gone)
        assert get(rooms, kept) == kept


class TestManagedResourcePolicy:
    def policy(self, ml: Any, model: str) -> dict[str, Any]:
        shown = ml.get_configured_audience_model_policy(configuredAudienceModelArn=model)
        document: dict[str, Any] = json.loads(shown["configuredAudienceModelPolicy"])
        return document

    def put(self, ml: Any, model: str, statement: Any) -> None:
        text = json.dumps({"Version": "2012-10-17", "Statement": statement})
        ml.put_configured_audience_model_policy(configuredAudienceModelArn=model, configuredAudienceModelPolicy=text)

    def test_it_allows_the_other_members(self, ml: Any, rooms: Any, associate: Any, model: str) -> None:
        made = associate(model, manage=True)
        assert self.policy(ml, model) == {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": f"Clean-Rooms-{made['id']}",
                    "Effect": "Allow",
                    "Principal": {"AWS": ["444455556666"]},
                    "Action": ["cleanrooms-ml:StartAudienceGenerationJob"],
                    "Resource": [model, "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-generation-job/*"],
                    "Condition": {"StringEquals": {"cleanrooms-ml:CollaborationId": made["collaborationId"]}},
                }
            ],
        }
        rooms.delete_configured_audience_model_association(**ids(made))
        with refused(ml, "ResourceNotFoundException", "has no policy"):
            self.policy(ml, model)

    @pytest.mark.parametrize("as_list", [True, False])
    def test_it_is_added_and_taken_away(self, ml: Any, rooms: Any, associate: Any, model: str, as_list: bool) -> None:
        own = {"Sid": "own", "Effect": "Deny"}
        self.put(ml, model, [own] if as_list else own)
        made = associate(model, manage=True)
        assert [each["Sid"] for each in self.policy(ml, model)["Statement"]] == ["own", f"Clean-Rooms-{made['id']}"]
        rooms.delete_configured_audience_model_association(**ids(made))
        assert self.policy(ml, model)["Statement"] == [own]

    def test_without_it_the_policy_stays_as_it_is(self, ml: Any, rooms: Any, associate: Any, model: str) -> None:
        self.put(ml, model, [])
        rooms.delete_configured_audience_model_association(**ids(associate(model)))
        assert self.policy(ml, model)["Statement"] == []

    def test_a_policy_that_is_gone(self, ml: Any, rooms: Any, associate: Any, model: str) -> None:
        made = associate(model, manage=True)
        ml.delete_configured_audience_model_policy(configuredAudienceModelArn=model)
        rooms.delete_configured_audience_model_association(**ids(made))


class TestTags:
    def test_every_type_has_them(self, rooms: Any, partner: Any, associate: Any, model: str, membership: str) -> None:
        association = associate(model, tags={"a": "1"})
        shown = rooms.get_membership(membershipIdentifier=membership)["membership"]
        for arn, caller in (
            (association["arn"], rooms),
            (shown["arn"], rooms),
            (shown["collaborationArn"], partner),
        ):
            caller.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
            caller.untag_resource(resourceArn=arn, tagKeys=["a"])
            assert caller.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}

    def test_those_of_an_association_may_be_refused(
        self, service: CleanRoomsML, rooms: Any, associate: Any, model: str
    ) -> None:
        arn = associate(model, tags={"a": "1"})["arn"]
        service.switches.association_tags_refused = True
        for call in (
            partial(rooms.tag_resource, tags={"b": "2"}),
            partial(rooms.untag_resource, tagKeys=["a"]),
            rooms.list_tags_for_resource,
        ):
            with refused(rooms, "ValidationException", "length less than or equal to 100"):
                call(resourceArn=arn)
        rooms.list_tags_for_resource(resourceArn=arn.partition("/configured")[0])
        service.switches.association_tags_refused = False
        assert rooms.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1"}

    def test_those_of_a_collaboration_are_its_creators(self, rooms: Any, collaboration: str) -> None:
        arn = rooms.get_collaboration(collaborationIdentifier=collaboration)["collaboration"]["arn"]
        with refused(rooms, "ResourceNotFoundException", arn):
            rooms.list_tags_for_resource(resourceArn=arn)

    @pytest.mark.parametrize("tags", [{"aws:x": "1"}, {"a": "1;"}])
    def test_refused(
        self, rooms: Any, partner: Any, associate: Any, model: str, collaboration_request: Any, tags: dict[str, str]
    ) -> None:
        for caller, call in (
            (partner, partial(partner.create_collaboration, **collaboration_request())),
            (rooms, partial(rooms.create_membership, collaborationIdentifier=NONE, queryLogStatus="DISABLED")),
            (rooms, partial(associate, model)),
        ):
            with refused(caller, "ValidationException", "tag"):
                call(tags=tags)


def test_the_local_service_is_two(service: CleanRoomsML, rooms: Any, ml: Any) -> None:
    """A path of one service is none of the other's."""
    response = service.handle("GET", "/memberships", {}, {}, b"", account="111122223333", region="us-east-1")
    assert response.status == 404
    assert rooms.list_memberships()["membershipSummaries"] == []
    assert ml.list_audience_models()["audienceModels"] == []
