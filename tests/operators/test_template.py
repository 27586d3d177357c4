"""What a template's functions stand for, as far as that can be known from outside."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_cleanroomsml.operators.stacks import Stack
from cdk_cleanroomsml.operators.template import Place, Template, Unknown, unknown_in

STACK_ID = "arn:aws:cloudformation:eu-west-1:111122223333:stack/Shop/1a"
NESTED_ID = "arn:aws:cloudformation:eu-west-1:111122223333:stack/Shop-Nested/2b"
MODEL = "arn:aws:cleanrooms-ml:eu-west-1:111122223333:configured-audience-model/m"

BODY: dict[str, Any] = {
    "Parameters": {
        "Size": {"Type": "Number"},
        "Sizes": {"Type": "CommaDelimitedList"},
        "Numbers": {"Type": "List<Number>"},
        "Secret": {"Type": "String", "NoEcho": True},
        "Late": {"Type": "AWS::SSM::Parameter::Value<String>"},
        "LateList": {"Type": "AWS::SSM::Parameter::Value<List<String>>"},
        "Stage": {"Type": "String", "Default": "test"},
        "Nowhere": {"Type": "String"},
    },
    "Mappings": {"Sizes": {"eu-west-1": {"least": 25}}},
    "Conditions": {
        "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
        "IsTest": {"Fn::Not": [{"Condition": "IsProd"}]},
        "Both": {"Fn::And": [{"Condition": "IsProd"}, {"Condition": "Hidden"}]},
        "Either": {"Fn::Or": [{"Condition": "IsTest"}, {"Condition": "Hidden"}]},
        "Hidden": {"Fn::Equals": [{"Ref": "Secret"}, "x"]},
        "Number": {"Fn::Equals": [{"Ref": "Size"}, 500]},
        "Strange": {"Fn::Contains": [["a"], "a"]},
    },
    "Resources": {
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Key": {"Type": "AWS::KMS::Key"},
        "Role": {"Type": "AWS::IAM::Role"},
        "PathRole": {"Type": "AWS::IAM::Role", "Properties": {"Path": {"Fn::Sub": "/${Stage}/"}}},
        "HiddenRole": {"Type": "AWS::IAM::Role", "Properties": {"Path": {"Ref": "Secret"}}},
        "Model": {"Type": "Custom::CleanRoomsMLConfiguredAudienceModel"},
        "Membership": {"Type": "AWS::CleanRooms::Membership"},
        "Nested": {"Type": "AWS::CloudFormation::Stack"},
        "Queue": {"Type": "AWS::SQS::Queue"},
    },
}
IDS = {
    "Bucket": "segments",
    "Key": "k-1",
    "Role": "writer",
    "PathRole": "writer2",
    "HiddenRole": "writer3",
    "Model": MODEL,
    "Membership": "arn:aws:cleanrooms:eu-west-1:111122223333:membership/u-1",
    "Nested": NESTED_ID,
    "Queue": "https://sqs/queue",
}
PARAMETERS = [
    {"ParameterKey": "Size", "ParameterValue": "500"},
    {"ParameterKey": "Sizes", "ParameterValue": "1, 5,10"},
    {"ParameterKey": "Numbers", "ParameterValue": "1,2"},
    {"ParameterKey": "Secret", "ParameterValue": "****"},
    {"ParameterKey": "Late", "ParameterValue": "/shop/name", "ResolvedValue": "told"},
    {"ParameterKey": "LateList", "ParameterValue": "/shop/names", "ResolvedValue": "a,b"},
]


@pytest.fixture
def template() -> Template:
    def resource(logical_id: str) -> dict[str, str]:
        return {"PhysicalResourceId": IDS[logical_id], "ResourceStatus": "CREATE_COMPLETE"}

    stack = Stack(
        STACK_ID, "Shop", "CREATE_COMPLETE", {"Parameters": PARAMETERS}, {each: resource(each) for each in IDS}
    )
    outputs = [{"OutputKey": "Arn", "OutputValue": "from the nested one"}]
    nested = Stack(NESTED_ID, "Shop-Nested", "CREATE_COMPLETE", {"Outputs": outputs})
    place = Place("111122223333", "eu-west-1", "aws", lambda: {"shared": "exported"}, {NESTED_ID: nested}.get)
    return Template(BODY, stack, place)


KNOWN: list[tuple[Any, Any]] = [
    ({"Ref": "Size"}, "500"),
    ({"Ref": "Sizes"}, ["1", "5", "10"]),
    ({"Ref": "Numbers"}, ["1", "2"]),
    ({"Ref": "Late"}, "told"),
    ({"Ref": "LateList"}, ["a", "b"]),
    ({"Ref": "Stage"}, "test"),
    ({"Ref": "Bucket"}, "segments"),
    ({"Ref": "Model"}, MODEL),
    ({"Ref": "AWS::Region"}, "eu-west-1"),
    ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
    ({"Ref": "AWS::StackId"}, STACK_ID),
    ({"Fn::GetAtt": ["Bucket", "Arn"]}, "arn:aws:s3:::segments"),
    ({"Fn::GetAtt": "Key.Arn"}, "arn:aws:kms:eu-west-1:111122223333:key/k-1"),
    ({"Fn::GetAtt": ["Role", "Arn"]}, "arn:aws:iam::111122223333:role/writer"),
    ({"Fn::GetAtt": ["PathRole", "Arn"]}, "arn:aws:iam::111122223333:role/test/writer2"),
    ({"Fn::GetAtt": ["Model", "ConfiguredAudienceModelArn"]}, MODEL),
    ({"Fn::GetAtt": ["Membership", "MembershipIdentifier"]}, "u-1"),
    ({"Fn::GetAtt": ["Membership", "Arn"]}, IDS["Membership"]),
    ({"Fn::GetAtt": ["Nested", "Outputs.Arn"]}, "from the nested one"),
    ({"Fn::Sub": "s3://${Bucket}/${Stage}/${!literal}/"}, "s3://segments/test/${literal}/"),
    ({"Fn::Sub": ["${a}-${Key.Arn}\n", {"a": {"Ref": "Size"}}]}, "500-arn:aws:kms:eu-west-1:111122223333:key/k-1\n"),
    ({"Fn::Join": ["", ["s3://", {"Ref": "Bucket"}, "/"]]}, "s3://segments/"),
    ({"Fn::Join": [",", {"Ref": "Sizes"}]}, "1,5,10"),
    ({"Fn::Select": [1, {"Fn::Split": ["/", "a/b/c"]}]}, "b"),
    ({"Fn::Select": ["2", {"Ref": "Sizes"}]}, "10"),
    ({"Fn::ImportValue": {"Fn::Sub": "shared"}}, "exported"),
    ({"Fn::FindInMap": ["Sizes", {"Ref": "AWS::Region"}, "least"]}, 25),
    ({"Fn::Base64": "é"}, "w6k="),
    ({"Fn::ToJsonString": {"a": {"Ref": "Size"}}}, '{"a":"500"}'),
    ({"Fn::If": ["IsProd", "a", "b"]}, "b"),
    ({"Fn::If": ["Both", "a", "b"]}, "b"),
    ({"Fn::If": ["Either", "a", "b"]}, "a"),
    ({"Fn::If": ["Number", "a", "b"]}, "a"),
    ({"Fn::If": ["Hidden", {"Ref": "Size"}, "500"]}, "500"),
    ({"a": {"Fn::If": ["IsProd", 1, {"Ref": "AWS::NoValue"}]}, "b": [{"Ref": "AWS::NoValue"}, 2]}, {"b": [2]}),
    ({"Ref": "Size", "Fn::Sub": "x"}, {"Ref": "Size", "Fn::Sub": "x"}),
    (True, True),
]


@pytest.mark.parametrize(("node", "value"), KNOWN)
def test_what_is_known(template: Template, node: Any, value: Any) -> None:
    assert template.value(node) == value


@pytest.mark.parametrize(
    ("node", "why"),
    [
        ({"Ref": "Secret"}, "the parameter Secret, which is NoEcho"),
        ({"Ref": "Nowhere"}, "the parameter Nowhere"),
        ({"Ref": "Missing"}, "the physical id of Missing"),
        ({"Ref": "AWS::Strange"}, "AWS::Strange"),
        ({"Fn::GetAtt": ["Queue", "QueueName"]}, "GetAtt Queue.QueueName"),
        ({"Fn::GetAtt": ["Role", "RoleId"]}, "GetAtt Role.RoleId"),
        ({"Fn::GetAtt": ["HiddenRole", "Arn"]}, "GetAtt HiddenRole.Arn"),
        ({"Fn::GetAtt": ["Missing", "Arn"]}, "GetAtt Missing.Arn"),
        ({"Fn::GetAtt": ["Nested", "Outputs.Other"]}, "GetAtt Nested.Outputs.Other"),
        ({"Fn::Sub": "${Secret}!"}, "the parameter Secret, which is NoEcho"),
        ({"Fn::Join": ["", ["a", {"Ref": "Secret"}]]}, "the parameter Secret, which is NoEcho"),
        ({"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "Secret"}]}]}, "the parameter Secret, which is NoEcho"),
        ({"Fn::Select": [9, ["a"]]}, "Fn::Select beyond the end of a list"),
        ({"Fn::ImportValue": "other"}, "the export other"),
        ({"Fn::FindInMap": ["Sizes", "us-east-1", "least"]}, "the mapping Sizes.us-east-1.least"),
        ({"Fn::If": ["Hidden", "a", "b"]}, "the parameter Secret, which is NoEcho"),
        ({"Fn::If": ["Strange", "a", "b"]}, "a condition with Fn::Contains"),
        ({"Fn::If": ["Missing", "a", "b"]}, "a condition with no function"),
        ({"Fn::GetAZs": ""}, "Fn::GetAZs"),
        ({"Fn::ToJsonString": {"a": {"Ref": "Secret"}}}, "the parameter Secret, which is NoEcho"),
        ("{{resolve:ssm:/shop/name}}", "a dynamic reference, {{resolve:ssm:/shop/name}}"),
    ],
)
def test_what_is_not_known_is_said(template: Template, node: Any, why: str) -> None:
    assert template.value(node) == Unknown(why)


def test_where_something_is_not_known(template: Template) -> None:
    value = template.value({"a": [{"b": {"Ref": "Secret"}}, 1], "c": {"Fn::GetAZs": ""}})
    assert list(unknown_in(value)) == [("a[0].b", "the parameter Secret, which is NoEcho"), ("c", "Fn::GetAZs")]
