"""IAM against Clean Rooms ML in an engine that enforces it: actions, resources, iam:PassRole."""

from __future__ import annotations

import itertools
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_cleanroomsml.local.engine import Engine

OWN, PARTNER = "111122223333", "444455556666"
PREFIX = "arn:aws:cleanrooms-ml:us-east-1:111122223333"
Statement = dict[str, Any]


def allow(action: str, resource: str = "*", **condition: Any) -> Statement:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def pass_role(resource: str, service: str = "cleanrooms-ml.amazonaws.com") -> Statement:
    return allow("iam:PassRole", resource, StringEquals={"iam:PassedToService": service})


@pytest.fixture
def caller(guarded_engine: Engine, trust: Callable[[str], Any]) -> Callable[..., Any]:
    """A client that acts under a role with these statements, and nothing else."""

    def make(*statements: Statement, service: str = "cleanroomsml", account: str = OWN) -> Any:
        iam = guarded_engine.client("iam", account=account)
        document = trust("lambda.amazonaws.com")
        document["Statement"][0]["Principal"] = {"AWS": f"arn:aws:iam::{account}:root"}
        name = f"caller-{len(iam.list_roles()['Roles'])}"
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
            iam.put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=policy)
        keys = guarded_engine.client("sts", account=account).assume_role(RoleArn=role, RoleSessionName="test")[
            "Credentials"
        ]
        return boto3.client(
            service,
            endpoint_url=guarded_engine.url,
            region_name="us-east-1",
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    return make


@pytest.fixture
def request_(guarded_engine: Engine, request_for: Any) -> dict[str, Any]:
    value: dict[str, Any] = request_for(guarded_engine.seed_audience_model())
    return value


@pytest.fixture
def model(guarded_engine: Engine, request_: dict[str, Any]) -> str:
    root = guarded_engine.client("cleanroomsml")
    return str(root.create_configured_audience_model(**request_)["configuredAudienceModelArn"])


def denied(ml: Any, action: str, resource: str) -> Any:
    text = (
        f"assumed-role/caller-.* is not authorized to perform: {action} on resource: .*{resource}.* because no identity"
    )
    return pytest.raises(ml.exceptions.AccessDeniedException, match=text)


POLICY = json.dumps({"Statement": []})
OPERATIONS: dict[str, Any] = {
    "GetConfiguredAudienceModel": partial(dict),
    "UpdateConfiguredAudienceModel": partial(dict, description="new"),
    "PutConfiguredAudienceModelPolicy": partial(dict, configuredAudienceModelPolicy=POLICY),
    "GetConfiguredAudienceModelPolicy": partial(dict),
    "DeleteConfiguredAudienceModelPolicy": partial(dict),
    "DeleteConfiguredAudienceModel": partial(dict),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_on_a_model_needs_its_action_on_that_model(
    guarded_engine: Engine, caller: Any, model: str, operation: str
) -> None:
    if "Policy" in operation and not operation.startswith("Put"):
        guarded_engine.client("cleanroomsml").put_configured_audience_model_policy(
            configuredAudienceModelArn=model, configuredAudienceModelPolicy=POLICY
        )
    arguments = {"configuredAudienceModelArn": model, **OPERATIONS[operation]()}
    action = f"cleanrooms-ml:{operation}"
    elsewhere = caller(allow(action, f"{PREFIX}:configured-audience-model/other"))
    with denied(elsewhere, action, model):
        elsewhere._make_api_call(operation, arguments)
    caller(allow(action, model))._make_api_call(operation, arguments)


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [("TagResource", {"tags": {"a": "b"}}), ("ListTagsForResource", {}), ("UntagResource", {"tagKeys": ["a"]})],
)
def test_tags(caller: Any, model: str, operation: str, arguments: dict[str, Any]) -> None:
    action = f"cleanrooms-ml:{operation}"
    with denied(nobody := caller(), action, model):
        nobody._make_api_call(operation, {"resourceArn": model, **arguments})
    caller(allow(action, model))._make_api_call(operation, {"resourceArn": model, **arguments})


def test_tag_keys_are_a_condition(caller: Any, model: str) -> None:
    only_team = caller(
        allow("cleanrooms-ml:TagResource", model, **{"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}})
    )
    only_team.tag_resource(resourceArn=model, tags={"team": "ads"})
    with denied(only_team, "cleanrooms-ml:TagResource", model):
        only_team.tag_resource(resourceArn=model, tags={"owner": "me"})


def test_list(caller: Any) -> None:
    action = "cleanrooms-ml:ListConfiguredAudienceModels"
    narrow = caller(allow(action, f"{PREFIX}:configured-audience-model/*"))
    with denied(narrow, action, "\\*"):
        narrow.list_configured_audience_models()
    caller(allow(action)).list_configured_audience_models()


class TestCreate:
    ACTION = "cleanrooms-ml:CreateConfiguredAudienceModel"

    def statements(self, request: dict[str, Any]) -> dict[str, Statement]:
        """What a Create with tags needs, and no more."""
        return {
            self.ACTION: allow(self.ACTION, request["audienceModelArn"]),
            "iam:PassRole": pass_role(request["outputConfig"]["roleArn"]),
            "cleanrooms-ml:TagResource": allow("cleanrooms-ml:TagResource", f"{PREFIX}:configured-audience-model/*"),
        }

    def test_these_suffice(self, caller: Any, request_: dict[str, Any]) -> None:
        caller(*self.statements(request_).values()).create_configured_audience_model(**request_, tags={"a": "b"})

    @pytest.mark.parametrize("missing", [ACTION, "iam:PassRole", "cleanrooms-ml:TagResource"])
    def test_each_is_needed(self, guarded_engine: Engine, caller: Any, request_: dict[str, Any], missing: str) -> None:
        statements = self.statements(request_)
        del statements[missing]
        ml = caller(*statements.values())
        with denied(ml, missing, ""):
            ml.create_configured_audience_model(**request_, tags={"a": "b"})
        root = guarded_engine.client("cleanroomsml")
        assert root.list_configured_audience_models()["configuredAudienceModels"] == []

    def test_without_tags_no_tag_action_is_needed(self, caller: Any, request_: dict[str, Any]) -> None:
        statements = self.statements(request_)
        del statements["cleanrooms-ml:TagResource"]
        caller(*statements.values()).create_configured_audience_model(**request_)

    def test_it_is_authorised_on_the_audience_model(
        self, guarded_engine: Engine, caller: Any, request_: dict[str, Any]
    ) -> None:
        other = guarded_engine.seed_audience_model(f"{PREFIX}:audience-model/other")
        ml = caller(*self.statements(request_).values())
        with denied(ml, self.ACTION, other):
            ml.create_configured_audience_model(**request_ | {"audienceModelArn": other})

    @pytest.mark.parametrize(
        "statement",
        [
            pass_role("arn:aws:iam::111122223333:role/another"),
            pass_role("*", "lambda.amazonaws.com"),
        ],
        ids=["another role", "to another service"],
    )
    def test_pass_role_is_for_this_role_and_service(
        self, caller: Any, request_: dict[str, Any], statement: Statement
    ) -> None:
        ml = caller(allow("cleanrooms-ml:*"), statement)
        with denied(ml, "iam:PassRole", request_["outputConfig"]["roleArn"]):
            ml.create_configured_audience_model(**request_)

    def test_a_role_of_another_account(self, caller: Any, request_: dict[str, Any]) -> None:
        ml = caller(allow("*"))
        request_["outputConfig"]["roleArn"] = "arn:aws:iam::444455556666:role/theirs"
        with pytest.raises(ml.exceptions.AccessDeniedException, match="Cross-account pass role is not allowed"):
            ml.create_configured_audience_model(**request_)

    def test_an_explicit_deny_says_so(self, caller: Any, request_: dict[str, Any]) -> None:
        ml = caller(allow("*"), allow("iam:PassRole") | {"Effect": "Deny"})
        with pytest.raises(ml.exceptions.AccessDeniedException, match=r"iam:PassRole .* with an explicit deny"):
            ml.create_configured_audience_model(**request_)


def test_update_passes_the_new_role(caller: Any, model: str, request_: dict[str, Any]) -> None:
    output = request_["outputConfig"]
    ml = caller(allow("cleanrooms-ml:UpdateConfiguredAudienceModel", model))
    ml.update_configured_audience_model(configuredAudienceModelArn=model, description="no role named")
    with denied(ml, "iam:PassRole", output["roleArn"]):
        ml.update_configured_audience_model(configuredAudienceModelArn=model, outputConfig=output)


def test_a_wrong_signature_is_refused(caller: Any) -> None:
    ml = caller(allow("*"))
    ml.list_audience_models()
    ml._request_signer._credentials.secret_key = "wrong"
    with pytest.raises(ml.exceptions.ClientError, match="signature"):
        ml.list_audience_models()


class TestAssociation:
    """Clean Rooms asks for its own action, and for what it does to the model on the caller's behalf."""

    ACTION = "cleanrooms:CreateConfiguredAudienceModelAssociation"
    ROOMS = "arn:aws:cleanrooms:us-east-1:111122223333"

    @pytest.fixture
    def membership(self, guarded_engine: Engine, collaboration_request: Any) -> str:
        partner, rooms = guarded_engine.client("cleanrooms", account=PARTNER), guarded_engine.client("cleanrooms")
        made = partner.create_collaboration(**collaboration_request())["collaboration"]
        joined = rooms.create_membership(collaborationIdentifier=made["id"], queryLogStatus="DISABLED")
        return str(joined["membership"]["id"])

    @pytest.fixture
    def request_(self, membership: str, model: str) -> dict[str, Any]:
        return {
            "membershipIdentifier": membership,
            "configuredAudienceModelArn": model,
            "configuredAudienceModelAssociationName": "lookalikes",
            "manageResourcePolicies": True,
            "tags": {"a": "b"},
        }

    @pytest.fixture
    def model(self, guarded_engine: Engine, request_for: Any) -> str:
        request = request_for(guarded_engine.seed_audience_model())
        root = guarded_engine.client("cleanroomsml")
        return str(root.create_configured_audience_model(**request)["configuredAudienceModelArn"])

    def statements(self, request: dict[str, Any]) -> dict[str, Statement]:
        """What a Create with tags needs, and no more."""
        membership = f"{self.ROOMS}:membership/{request['membershipIdentifier']}"
        associations = f"{membership}/configuredaudiencemodelassociation/*"
        on_model = ("GetConfiguredAudienceModel", *(f"{verb}ConfiguredAudienceModelPolicy" for verb in ("Get", "Put")))
        return {
            "membership": allow(self.ACTION, membership),
            "association": allow(self.ACTION, associations),
            "cleanrooms:TagResource": allow("cleanrooms:TagResource", associations),
            **{
                f"cleanrooms-ml:{action}": allow(f"cleanrooms-ml:{action}", request["configuredAudienceModelArn"])
                for action in on_model
            },
        }

    def test_these_suffice(self, caller: Any, request_: dict[str, Any]) -> None:
        rooms = caller(*self.statements(request_).values(), service="cleanrooms")
        rooms.create_configured_audience_model_association(**request_)

    def test_each_is_needed(self, caller: Any, request_: dict[str, Any]) -> None:
        for missing in self.statements(request_):
            statements = self.statements(request_)
            action = missing if ":" in missing else self.ACTION
            del statements[missing]
            rooms = caller(*statements.values(), service="cleanrooms")
            with denied(rooms, action, ""):
                rooms.create_configured_audience_model_association(**request_)

    def test_the_rest_is_on_the_association(
        self, guarded_engine: Engine, caller: Any, request_: dict[str, Any]
    ) -> None:
        root = guarded_engine.client("cleanrooms")
        made = root.create_configured_audience_model_association(**request_)["configuredAudienceModelAssociation"]
        ids = {
            "membershipIdentifier": request_["membershipIdentifier"],
            "configuredAudienceModelAssociationIdentifier": made["id"],
        }
        for operation, arguments in (
            ("GetConfiguredAudienceModelAssociation", ids),
            ("UpdateConfiguredAudienceModelAssociation", ids | {"description": "new"}),
            ("TagResource", {"resourceArn": made["arn"], "tags": {"c": "d"}}),
            ("ListTagsForResource", {"resourceArn": made["arn"]}),
        ):
            action = f"cleanrooms:{operation}"
            elsewhere = caller(allow(action, made["arn"][:-1] + "x"), service="cleanrooms")
            with denied(elsewhere, action, made["arn"]):
                elsewhere._make_api_call(operation, arguments)
            caller(allow(action, made["arn"]), service="cleanrooms")._make_api_call(operation, arguments)

    def test_list_is_on_the_membership(self, caller: Any, membership: str) -> None:
        action = "cleanrooms:ListConfiguredAudienceModelAssociations"
        rooms = caller(allow(action, f"{self.ROOMS}:membership/{membership}"), service="cleanrooms")
        rooms.list_configured_audience_model_associations(membershipIdentifier=membership)
        with denied(nobody := caller(service="cleanrooms"), "cleanrooms:ListMemberships", "\\*"):
            nobody.list_memberships()

    def test_delete_takes_the_policy_away(
        self, guarded_engine: Engine, caller: Any, request_: dict[str, Any], model: str
    ) -> None:
        root = guarded_engine.client("cleanrooms")
        made = root.create_configured_audience_model_association(**request_)["configuredAudienceModelAssociation"]
        delete = allow("cleanrooms:DeleteConfiguredAudienceModelAssociation", made["arn"])
        arguments = {
            "membershipIdentifier": request_["membershipIdentifier"],
            "configuredAudienceModelAssociationIdentifier": made["id"],
        }
        policy = [f"cleanrooms-ml:{verb}ConfiguredAudienceModelPolicy" for verb in ("Get", "Put", "Delete")]
        for missing in policy:
            rooms = caller(delete, *(allow(each, model) for each in policy if each != missing), service="cleanrooms")
            with denied(rooms, missing, model):
                rooms.delete_configured_audience_model_association(**arguments)
        rooms = caller(delete, *(allow(each, model) for each in policy), service="cleanrooms")
        rooms.delete_configured_audience_model_association(**arguments)


class TestPartnersJob:
    """A partner starts a job: its own policy and the model's must allow it; then roles read and write."""

    ACTION = "cleanrooms-ml:StartAudienceGenerationJob"

    @pytest.fixture(autouse=True)
    def chain(self, guarded_engine: Engine, request_for: Any, collaboration_request: Any) -> None:
        """Two accounts, a collaboration, an associated model; the partner has a seed, the owner an output bucket."""
        self.engine, self.numbers = guarded_engine, itertools.count()
        own, partner = partial(guarded_engine.client), partial(guarded_engine.client, account=PARTNER)
        made = partner("cleanrooms").create_collaboration(**collaboration_request())["collaboration"]
        for account in (own, partner):
            account("cleanrooms").create_membership(collaborationIdentifier=made["id"], queryLogStatus="DISABLED")
        self.collaboration = str(made["id"])
        for account, name in ((own, "output"), (partner, "seeds")):
            account("s3").create_bucket(Bucket=name)
        seed = "".join(json.dumps({"user_id": f"seed-{n}"}) + "\n" for n in range(30))
        partner("s3").put_object(Bucket="seeds", Key="spring.jsonl", Body=seed.encode())
        put = allow("s3:PutObject", "arn:aws:s3:::output/segments/*", StringEquals={"s3:ResourceAccount": OWN})
        self.output_role = self.role(own, "output", "configured-audience-model", put)
        self.seed_role = self.role(
            partner, "seed", "audience-generation-job", allow("s3:GetObject", "arn:aws:s3:::seeds/*")
        )
        request = request_for(guarded_engine.seed_audience_model()) | {"minMatchingSeedSize": 25}
        destination = {"s3Destination": {"s3Uri": "s3://output/segments"}}
        request["outputConfig"] = {"destination": destination, "roleArn": self.output_role}
        self.model = str(own("cleanroomsml").create_configured_audience_model(**request)["configuredAudienceModelArn"])
        (membership,) = own("cleanrooms").list_memberships()["membershipSummaries"]
        own("cleanrooms").create_configured_audience_model_association(
            membershipIdentifier=membership["id"],
            configuredAudienceModelArn=self.model,
            configuredAudienceModelAssociationName="lookalikes",
            manageResourcePolicies=True,
        )

    @staticmethod
    def role(account: Any, name: str, kind: str, *statements: Statement) -> str:
        """A role that Clean Rooms ML may assume on behalf of such a resource."""
        iam = account("iam")
        number = account("sts").get_caller_identity()["Account"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "cleanrooms-ml.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEqualsIfExists": {"aws:SourceAccount": number},
                "ArnLikeIfExists": {"aws:SourceArn": f"arn:aws:cleanrooms-ml:us-east-1:{number}:{kind}/*"},
            },
        }
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        arn = str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"])
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=policy)
        return arn

    def request(self, name: str = "spring") -> dict[str, Any]:
        source = {"s3Uri": "s3://seeds/spring.jsonl"}
        return {
            "name": name,
            "configuredAudienceModelArn": self.model,
            "collaborationId": self.collaboration,
            "seedAudience": {"roleArn": self.seed_role, "dataSource": source},
        }

    def statements(self) -> dict[tuple[str, str], Statement]:
        """What a partner's policy must allow, each as action and resource."""
        within = {"cleanrooms-ml:CollaborationId": self.collaboration}
        members = "cleanrooms:ListMembers"
        jobs = [f"arn:aws:cleanrooms-ml:us-east-1:{account}:audience-generation-job/" for account in (OWN, PARTNER)]
        return {
            **{
                (self.ACTION, each): allow(self.ACTION, f"{each}*", StringEquals=within) for each in (self.model, *jobs)
            },
            (members, self.collaboration): allow(members, f"arn:aws:cleanrooms:*:*:collaboration/{self.collaboration}"),
            ("iam:PassRole", self.seed_role): pass_role(self.seed_role),
        }

    def run(self, name: str) -> dict[str, Any]:
        """Starts a job as the partner's root and returns it."""
        ml = self.engine.client("cleanroomsml", account=PARTNER)
        arn = ml.start_audience_generation_job(**self.request(name))["audienceGenerationJobArn"]
        job: dict[str, Any] = ml.get_audience_generation_job(audienceGenerationJobArn=arn)
        return job

    def export(self, job: dict[str, Any], name: str) -> dict[str, Any]:
        """Exports a segment as the partner's root and returns the job."""
        ml = self.engine.client("cleanroomsml", account=PARTNER)
        size = {"type": "ABSOLUTE", "value": 20}
        arn = job["audienceGenerationJobArn"]
        ml.start_audience_export_job(name=name, audienceGenerationJobArn=arn, audienceSize=size)
        found: dict[str, Any] = ml.list_audience_export_jobs()["audienceExportJobs"][-1]
        return found

    def test_its_own_policy_must_allow_it(self, caller: Any) -> None:
        ml = caller(*self.statements().values(), account=PARTNER)
        ml.start_audience_generation_job(**self.request())
        for missing in self.statements():
            statements = self.statements()
            del statements[missing]
            ml = caller(*statements.values(), account=PARTNER)
            with denied(ml, *missing):
                ml.start_audience_generation_job(**self.request("again"))

    def test_the_collaboration_is_a_condition(self, caller: Any) -> None:
        statements = self.statements()
        elsewhere = {"StringEquals": {"cleanrooms-ml:CollaborationId": "another"}}
        statements[self.ACTION, self.model]["Condition"] = elsewhere
        ml = caller(*statements.values(), account=PARTNER)
        with denied(ml, self.ACTION, self.model):
            ml.start_audience_generation_job(**self.request())

    def test_whom_the_models_policy_names(self, caller: Any) -> None:
        partner = partial(self.engine.client, account=PARTNER)
        organization = partner("organizations").describe_organization()["Organization"]["Id"]
        ml = caller(*self.statements().values(), account=PARTNER)
        cases: list[tuple[str, dict[str, str], bool]] = [
            (PARTNER, {}, True),
            (f"arn:aws:iam::{PARTNER}:root", {}, True),
            ("777788889999", {}, False),
            (f"arn:aws:iam::{PARTNER}:role/caller-1", {}, True),
            (f"arn:aws:sts::{PARTNER}:assumed-role/caller-1/test", {}, True),
            (f"arn:aws:iam::{PARTNER}:role/another", {}, False),
            (f"arn:aws:iam::{OWN}:role/caller-1", {}, False),
            ("*", {"aws:PrincipalAccount": PARTNER}, True),
            ("*", {"aws:PrincipalOrgID": organization}, True),
            ("*", {"aws:PrincipalOrgID": "o-1234567890"}, False),
        ]
        within = {"cleanrooms-ml:CollaborationId": self.collaboration}
        found = [
            (principal, condition, self.lets_in(principal, ml, self.seed_role, StringEquals=within | condition))
            for principal, condition, _ in cases
        ]
        assert found == cases

    def test_in_the_owners_account_the_models_policy_is_enough(self, caller: Any) -> None:
        """For whom it names; the account as a whole is let in by its own policies only."""
        read = allow("s3:GetObject", "arn:aws:s3:::seeds/*")
        seeds = self.role(partial(self.engine.client), "seeds", "audience-generation-job", read)
        ml = caller(pass_role(seeds))
        cases = {f"arn:aws:iam::{OWN}:role/caller-2": True, OWN: False, f"arn:aws:iam::{OWN}:role/another": False}
        assert {principal: self.lets_in(principal, ml, seeds, why=self.ACTION) for principal in cases} == cases

    def lets_in(
        self, principal: str, ml: Any, seed_role: str, *, why: str = "resource-based policy", **condition: Any
    ) -> bool:
        """Whether somebody may start a job when the model's policy names a principal, under a condition."""
        jobs = f"{PREFIX}:audience-generation-job/*"
        statement = allow(self.ACTION, **condition) | {"Principal": {"AWS": principal}, "Resource": [self.model, jobs]}
        self.engine.client("cleanroomsml").put_configured_audience_model_policy(
            configuredAudienceModelArn=self.model,
            configuredAudienceModelPolicy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
        request = self.request(f"job {next(self.numbers)}")
        request["seedAudience"]["roleArn"] = seed_role
        try:
            ml.start_audience_generation_job(**request)
        except ml.exceptions.AccessDeniedException as error:
            if why not in str(error):
                raise
            return False
        return True

    def test_the_models_policy_must_allow_it(self, caller: Any) -> None:
        owner = self.engine.client("cleanroomsml")
        owner.delete_configured_audience_model_policy(configuredAudienceModelArn=self.model)
        ml = caller(*self.statements().values(), account=PARTNER)
        with pytest.raises(ml.exceptions.AccessDeniedException, match="resource-based policy"):
            ml.start_audience_generation_job(**self.request())

    def test_the_segment_lands_in_the_owners_bucket(self) -> None:
        job = self.run("spring")
        assert job["status"] == "ACTIVE"
        export = self.export(job, "export")
        assert export["status"] == "ACTIVE"
        s3 = self.engine.client("s3")
        (found,) = s3.list_objects_v2(Bucket="output", Prefix="segments/")["Contents"]
        assert f"s3://output/{found['Key']}".startswith(export["outputLocation"])
        assert s3.get_object(Bucket="output", Key=found["Key"])["Body"].read().count(b"user_id") == 20

    def test_the_seed_role_must_be_able_to_read(self) -> None:
        iam = self.engine.client("iam", account=PARTNER)
        iam.delete_role_policy(RoleName="seed", PolicyName="policy")
        job = self.run("denied")
        assert job["status"] == "CREATE_FAILED"
        assert "AccessDenied" in job["statusDetails"]["message"]
        iam.delete_role(RoleName="seed")
        assert "not authorized to assume the role" in self.run("gone")["statusDetails"]["message"]

    def test_the_output_role_must_be_able_to_write(self, trust: Any) -> None:
        job, iam = self.run("spring"), self.engine.client("iam")
        iam.delete_role_policy(RoleName="output", PolicyName="policy")
        denied = self.export(job, "denied")
        assert denied["status"] == "CREATE_FAILED"
        assert "AccessDenied" in denied["statusDetails"]["message"]
        document = json.dumps(trust("lambda.amazonaws.com"))
        iam.update_assume_role_policy(RoleName="output", PolicyDocument=document)
        message = self.export(job, "distrusted")["statusDetails"]["message"]
        assert message == f"cleanrooms-ml.amazonaws.com is not authorized to assume the role {self.output_role}"

    def encrypt(self, bucket: str, account: str, *, bucket_key: bool) -> str:
        """Has a bucket encrypted with a key of its own from now on; the key's ARN."""
        key = self.engine.client("kms", account=account).create_key()["KeyMetadata"]["Arn"]
        rule = {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
            "BucketKeyEnabled": bucket_key,
        }
        s3 = self.engine.client("s3", account=account)
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
        return str(key)

    def permit(self, account: str, role: str, statement: Statement) -> None:
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam = self.engine.client("iam", account=account)
        iam.put_role_policy(RoleName=role, PolicyName="key", PolicyDocument=policy)

    @pytest.mark.parametrize("bucket_key", [True, False])
    def test_the_output_role_must_be_able_to_use_the_buckets_key(self, bucket_key: bool) -> None:
        job = self.run("spring")
        key = self.encrypt("output", OWN, bucket_key=bucket_key)
        context = "arn:aws:s3:::output" if bucket_key else "arn:aws:s3:::output/segments/*"
        refused = self.export(job, "refused")
        assert "kms:GenerateDataKey" in refused["statusDetails"]["message"]
        for number, (pattern, status) in enumerate((("arn:aws:s3:::x*", "CREATE_FAILED"), (context, "ACTIVE"))):
            like = {"kms:EncryptionContext:aws:s3:arn": pattern}
            self.permit(OWN, "output", allow("kms:GenerateDataKey*", key, ArnLike=like))
            assert self.export(job, f"export {number}")["status"] == status

    def test_the_seed_role_must_be_able_to_use_the_buckets_key(self) -> None:
        key = self.encrypt("seeds", PARTNER, bucket_key=False)
        assert "kms:Decrypt" in self.run("refused")["statusDetails"]["message"]
        self.permit(PARTNER, "seed", allow("kms:Decrypt", key))
        assert self.run("spring")["status"] == "ACTIVE"


CREATE = """
import boto3
def handler(request, context):
    try:
        return boto3.client("cleanroomsml").create_configured_audience_model(**request)["configuredAudienceModelArn"]
    except Exception as error:
        return str(error)
"""


@pytest.mark.parametrize("granted", [True, False])
def test_a_function_acts_under_its_own_role(
    guarded_engine: Engine, trust: Any, zipped: Any, request_: dict[str, Any], granted: bool
) -> None:
    iam, functions = guarded_engine.client("iam"), guarded_engine.client("lambda")
    role = iam.create_role(RoleName="function", AssumeRolePolicyDocument=json.dumps(trust("lambda.amazonaws.com")))
    statements = [pass_role("*"), *([allow(TestCreate.ACTION)] if granted else [])]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName="function", PolicyName="policy", PolicyDocument=policy)
    options = {"Runtime": "python3.13", "Handler": "index.handler", "Timeout": 20}
    code = {"ZipFile": zipped(CREATE)}
    functions.create_function(FunctionName="function", Role=role["Role"]["Arn"], Code=code, **options)
    answer = json.load(functions.invoke(FunctionName="function", Payload=json.dumps(request_))["Payload"])
    expected = "arn:aws:cleanrooms-ml:" if granted else "An error occurred (AccessDeniedException)"
    assert answer.startswith(expected)


def test_loopback_counts_as_tls(guarded_engine: Engine, caller: Any) -> None:
    s3 = guarded_engine.client("s3")
    s3.create_bucket(Bucket="bucket")
    refuse = allow("s3:*", Bool={"aws:SecureTransport": "false"}) | {"Effect": "Deny", "Principal": "*"}
    s3.put_bucket_policy(Bucket="bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [refuse]}))
    caller(allow("s3:*"), service="s3").put_object(Bucket="bucket", Key="key", Body=b"")
