"""IAM against Clean Rooms ML in an engine that enforces it: actions, resources, iam:PassRole."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdk_cleanroomsml.local.engine import Engine

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

    def make(*statements: Statement, service: str = "cleanroomsml") -> Any:
        iam = guarded_engine.client("iam")
        document = trust("lambda.amazonaws.com")
        document["Statement"][0]["Principal"] = {"AWS": "arn:aws:iam::111122223333:root"}
        name = f"caller-{len(iam.list_roles()['Roles'])}"
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
        if statements:
            policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
            iam.put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=policy)
        keys = guarded_engine.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
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
