"""With IAM enforced, in two accounts: both sides of a grant let a partner start jobs, and neither alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import boto3
import pytest
from aws_cdk import aws_cleanrooms as cleanrooms
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from cdk_cleanroomsml import ConfiguredAudienceModel, ConfiguredAudienceModelAssociation, SeedAudience

from .conftest import Deployment, define_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_cleanroomsml.local.engine import Engine


OWNER, PARTNER, OTHER = "111122223333", "444455556666", "777788889999"


@pytest.fixture
def engine(guarded_engine: Engine) -> Engine:
    return guarded_engine


class Offer:
    """The owner's stack: a collaboration with two partners, and a model in it."""

    def __init__(self, engine: Engine) -> None:
        self._deployment = Deployment(engine, "Offer", account=OWNER)
        self.outputs: dict[str, str] = {}

    def let_in(self, grantee: Callable[[cdk.Stack], iam.IGrantable] | None) -> None:
        """Deploys it, with a grant to somebody, or none any more."""
        self.outputs = self._deployment.deploy(lambda stack: self._define(stack, grantee))

    def _define(self, stack: cdk.Stack, grantee: Callable[[cdk.Stack], iam.IGrantable] | None) -> None:
        member = cleanrooms.CfnCollaboration.MemberSpecificationProperty
        collaboration = cleanrooms.CfnCollaboration(
            stack,
            "Collaboration",
            name="spring",
            description="a campaign",
            creator_display_name="publisher",
            creator_member_abilities=[],
            query_log_status="DISABLED",
            members=[
                member(account_id=PARTNER, display_name="advertiser", member_abilities=["CAN_QUERY"]),
                member(account_id=OTHER, display_name="another", member_abilities=["CAN_RECEIVE_RESULTS"]),
            ],
        )
        identifier = collaboration.attr_collaboration_identifier
        membership = cleanrooms.CfnMembership(
            stack, "Membership", collaboration_identifier=identifier, query_log_status="DISABLED"
        )
        model = define_model(stack, min_matching_seed_size=25)
        ConfiguredAudienceModelAssociation(
            stack,
            "Association",
            configured_audience_model=model,
            membership=membership,
            manage_resource_policies=False,
        )
        if grantee is not None:
            made = model.grants.start_audience_generation(grantee(stack), collaboration_id=identifier)
            made.assert_success()
        cdk.CfnOutput(stack, "Arn", value=model.configured_audience_model_arn)
        cdk.CfnOutput(stack, "CollaborationId", value=identifier)


class Campaign:
    """A partner's stack: a membership, a seed, and an analyst who may start jobs, if that is granted."""

    def __init__(self, engine: Engine, account: str, offer: Offer, *, granted: bool = True) -> None:
        self._engine = engine
        self._account = account
        self._offer = offer
        self._granted = granted
        self._outputs = Deployment(engine, f"Campaign{account}", account=account).deploy(self._define)
        body = "".join(json.dumps({"user_id": f"seed-{n}"}) + "\n" for n in range(30)).encode()
        engine.client("s3", account=account).put_object(
            Bucket=self._outputs["SeedsBucket"], Key="seed.jsonl", Body=body
        )

    def _define(self, stack: cdk.Stack) -> None:
        collaboration = self._offer.outputs["CollaborationId"]
        cleanrooms.CfnMembership(
            stack, "Membership", collaboration_identifier=collaboration, query_log_status="DISABLED"
        )
        seeds = s3.Bucket(stack, "Seeds")
        seed_role = SeedAudience(stack, "Seed", bucket=seeds).role
        analyst = iam.Role(stack, "Analyst", role_name="analyst", assumed_by=iam.AccountRootPrincipal())
        if self._granted:
            model = ConfiguredAudienceModel.from_configured_audience_model_arn(
                stack, "Model", self._offer.outputs["Arn"]
            )
            model.grants.start_audience_generation(
                analyst, seed_role=seed_role, collaboration_id=collaboration
            ).assert_success()
        cdk.CfnOutput(stack, "SeedsBucket", value=seeds.bucket_name)
        cdk.CfnOutput(stack, "SeedRoleArn", value=seed_role.role_arn)
        cdk.CfnOutput(stack, "AnalystArn", value=analyst.role_arn)

    def start(self, name: str, **changed: Any) -> str:
        """Starts a job as the analyst; its status."""
        sts = self._engine.client("sts", account=self._account)
        keys = sts.assume_role(RoleArn=self._outputs["AnalystArn"], RoleSessionName="test")["Credentials"]
        analyst = boto3.client(
            "cleanroomsml",
            endpoint_url=self._engine.url,
            region_name=self._engine.region,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )
        source = {"s3Uri": f"s3://{self._outputs['SeedsBucket']}/seed.jsonl"}
        request = {
            "name": name,
            "configuredAudienceModelArn": self._offer.outputs["Arn"],
            "collaborationId": self._offer.outputs["CollaborationId"],
            "seedAudience": {"roleArn": self._outputs["SeedRoleArn"], "dataSource": source},
        }
        try:
            job = analyst.start_audience_generation_job(**{**request, **changed})["audienceGenerationJobArn"]
        except analyst.exceptions.AccessDeniedException as error:
            return str(error)
        root = self._engine.client("cleanroomsml", account=self._account)
        return str(root.get_audience_generation_job(audienceGenerationJobArn=job)["status"])


ANALYST = f"arn:aws:iam::{PARTNER}:role/analyst"


def grantees(organization: str) -> dict[str, Callable[[cdk.Stack], iam.IGrantable]]:
    """Ways to say who it is."""
    account = iam.AccountPrincipal(PARTNER)
    return {
        "the account": lambda _: account,
        "its root": lambda _: account.with_conditions({"StringEquals": {"aws:PrincipalAccount": PARTNER}}),
        "its role, imported": lambda stack: iam.Role.from_role_arn(stack, "Theirs", ANALYST),
        "its group": lambda stack: iam.Group.from_group_arn(stack, "Theirs", f"arn:aws:iam::{PARTNER}:group/analysts"),
        "its organization": lambda _: iam.OrganizationPrincipal(organization),
    }


def test_the_resource_policy_lets_in_whom_it_was_granted_to(engine: Engine) -> None:
    """In one pair of stacks, because each takes its time: nobody before, one partner with the grant, nobody after."""
    organizations = engine.client("organizations", account=PARTNER)
    organization = organizations.describe_organization()["Organization"]["Id"]
    offer = Offer(engine)
    offer.let_in(None)
    partner, other = (Campaign(engine, account, offer) for account in (PARTNER, OTHER))
    assert "resource-based policy" in partner.start("before")
    for number, (who, grantee) in enumerate(grantees(organization).items()):
        offer.let_in(grantee)
        assert partner.start(f"with-{number}") == "ACTIVE", who
        assert "resource-based policy" in other.start(f"other-{number}"), who
        elsewhere = partner.start(f"elsewhere-{number}", collaborationId="0a1b2c3d-0000-4000-8000-00000000000c")
        assert "is not authorized to perform" in elsewhere, who
    offer.let_in(None)
    assert "resource-based policy" in partner.start("after")


def test_the_partners_side_is_needed_as_well(engine: Engine) -> None:
    offer = Offer(engine)
    offer.let_in(lambda _: iam.AccountPrincipal(PARTNER))
    partner = Campaign(engine, PARTNER, offer, granted=False)
    assert "because no identity-based policy allows" in partner.start("before")
