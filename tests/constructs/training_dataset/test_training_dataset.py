"""What audience models are trained on, and the role that it is read with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import botocore.session
import pytest
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Annotations, Match, Template

from cdk_cleanroomsml.common import limits
from cdk_cleanroomsml.training_dataset import GlueTable, TrainingColumn, TrainingDataset

from ..conftest import an_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.model import Shape

    from ..conftest import Synth

TYPE = "AWS::CleanRoomsML::TrainingDataset"
ARN = "arn:aws:cleanrooms-ml:eu-west-1:444455556666:training-dataset/8ad5aa2a"
COLUMNS = [TrainingColumn.user_id("user"), TrainingColumn.item_id("item"), TrainingColumn.timestamp("time")]
TABLE = GlueTable("publisher", "interactions")
MODEL = botocore.session.get_session().get_service_model("cleanroomsml")


CLEAN_ROOMS_ML: Any = iam.ServicePrincipal("cleanrooms-ml.amazonaws.com")


def dataset(synth: Synth, id: str = "Dataset", *, stack: cdk.Stack | None = None, **parameters: Any) -> TrainingDataset:
    stack = stack or synth.stack
    parameters.setdefault("columns", COLUMNS)
    parameters.setdefault("table", TABLE)
    if "bucket" not in parameters:
        parameters["bucket"] = s3.Bucket.from_bucket_name(stack, f"{id}Bucket", "interactions")
    return TrainingDataset(stack, id, **parameters)


def properties(synth: Synth) -> dict[str, Any]:
    found: dict[str, Any] = synth.only(TYPE)["Properties"]
    return found


def name(synth: Synth) -> Any:
    return properties(synth)["Name"]


def statements(synth: Synth) -> list[dict[str, Any]]:
    """What the one role of the template is allowed, wherever the statements stand."""
    found: list[dict[str, Any]] = []
    for role in synth.resources("AWS::IAM::Role").values():
        for policy in role["Properties"].get("Policies", []):
            found += policy["PolicyDocument"]["Statement"]
    for policy in synth.resources("AWS::IAM::Policy").values():
        found += policy["Properties"]["PolicyDocument"]["Statement"]
    return found


def leaves(shape: Shape, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The members of a shape that hold a value, however deep."""
    if shape.type_name == "structure":
        for member_name, member in shape.members.items():
            yield from leaves(member, (*path, member_name))
    elif shape.type_name == "list" and shape.member.type_name == "structure":
        yield from leaves(shape.member, path)
    else:
        yield path


def test_every_member_of_the_request_has_a_parameter(synth: Synth) -> None:
    dataset(synth, description="Clicks", table=GlueTable("db", "table", "111122223333"), tags={"team": "media"})
    missing = []
    for path in leaves(MODEL.operation_model("CreateTrainingDataset").input_shape):
        value: Any = properties(synth)
        for member in path:
            value = value[0] if isinstance(value, list) else value
            value = value.get(member[:1].upper() + member[1:]) if isinstance(value, dict) else None
        if value is None:
            missing.append(".".join(path))
    assert missing == []


def test_the_least_that_can_be_said(synth: Synth) -> None:
    dataset(synth)
    (role,) = synth.resources("AWS::IAM::Role")
    assert properties(synth) == {
        "Name": name(synth),
        "RoleArn": {"Fn::GetAtt": [role, "Arn"]},
        "TrainingData": [
            {
                "Type": "INTERACTIONS",
                "InputConfig": {
                    "DataSource": {"GlueDataSource": {"DatabaseName": "publisher", "TableName": "interactions"}},
                    "Schema": [
                        {"ColumnName": "user", "ColumnTypes": ["USER_ID"]},
                        {"ColumnName": "item", "ColumnTypes": ["ITEM_ID"]},
                        {"ColumnName": "time", "ColumnTypes": ["TIMESTAMP"]},
                    ],
                },
            }
        ],
    }


@pytest.mark.parametrize(
    ("column", "types"),
    [
        (TrainingColumn.categorical_feature("more"), ["CATEGORICAL_FEATURE"]),
        (TrainingColumn.numerical_feature("more"), ["NUMERICAL_FEATURE"]),
        (TrainingColumn.of("more", "NEWER"), ["NEWER"]),
    ],
)
def test_a_column_has_a_type(synth: Synth, column: TrainingColumn, types: list[str]) -> None:
    dataset(synth, columns=[*COLUMNS, column])
    schema = properties(synth)["TrainingData"][0]["InputConfig"]["Schema"]
    assert schema[-1] == {"ColumnName": "more", "ColumnTypes": types}


def test_a_table_of_the_application(synth: Synth) -> None:
    database = glue.CfnDatabase(
        synth.stack,
        "Database",
        catalog_id=synth.stack.account,
        database_input=glue.CfnDatabase.DatabaseInputProperty(name="publisher"),
    )
    table = glue.CfnTable(
        synth.stack,
        "Table",
        catalog_id=synth.stack.account,
        database_name=database.ref,
        table_input=glue.CfnTable.TableInputProperty(name="interactions"),
    )
    dataset(synth, table=GlueTable.from_table(table))
    assert properties(synth)["TrainingData"][0]["InputConfig"]["DataSource"] == {
        "GlueDataSource": {
            "CatalogId": {"Ref": "AWS::AccountId"},
            "DatabaseName": {"Ref": "Database"},
            "TableName": {"Ref": "Table"},
        }
    }


def test_a_generated_name_changes_with_that_of_the_application_s_table() -> None:
    names = set()
    for number, table_name in enumerate(("interactions", "clicks")):
        stack = cdk.Stack(an_app(), "Stack")
        table = glue.CfnTable(
            stack,
            "Table",
            catalog_id=stack.account,
            database_name="publisher",
            table_input=glue.CfnTable.TableInputProperty(name=table_name, description=str(number)),
        )
        made = TrainingDataset(
            stack,
            "Dataset",
            columns=COLUMNS,
            table=GlueTable.from_table(table),
            bucket=s3.Bucket.from_bucket_name(stack, "Data", "data"),
        )
        names.add(str(stack.resolve(made.training_dataset_name)))
    assert len(names) == 2


def test_a_generated_name_changes_with_that_of_a_table_that_is_renamed_later(synth: Synth) -> None:
    def table(stack: cdk.Stack) -> glue.CfnTable:
        named = glue.CfnTable.TableInputProperty(name="interactions")
        return glue.CfnTable(stack, "Table", catalog_id=stack.account, database_name="publisher", table_input=named)

    other = type(synth)()
    dataset(synth, table=GlueTable.from_table(table(synth.stack)))
    renamed = table(other.stack)
    dataset(other, table=GlueTable.from_table(renamed))
    renamed.table_input = glue.CfnTable.TableInputProperty(name="clicks")
    assert name(synth) != name(other)


def test_a_name_of_ones_own(synth: Synth) -> None:
    assert dataset(synth, training_dataset_name="clicks").training_dataset_name == "clicks"
    assert name(synth) == "clicks"


@pytest.mark.parametrize(
    "changed",
    [
        {"columns": [*COLUMNS, TrainingColumn.numerical_feature("price")]},
        {"table": GlueTable("publisher", "other")},
        {"description": "Clicks"},
    ],
)
def test_a_generated_name_changes_with_what_replaces_the_dataset(changed: dict[str, Any], synth: Synth) -> None:
    dataset(synth, tags={"team": "media"})
    again = type(synth)()
    dataset(again)
    assert name(again) == name(synth)
    again = type(synth)()
    dataset(again, **changed)
    assert name(again) != name(synth)


def test_a_generated_name_is_short_enough_and_ones_own(synth: Synth) -> None:
    one = dataset(synth, "x" * 100)
    nested = cdk.NestedStack(synth.stack, "Nested")
    two = dataset(synth, stack=nested)
    starts = {each.stack.resolve(each.training_dataset_name)["Fn::Join"][1][0] for each in (one, two)}
    assert len(starts) == 2
    for start in starts:
        # IAM's ids of roles have 21 characters.
        assert len(start) + 21 <= 63
        assert re.fullmatch(limits.NAME_PATTERN, start)


UUID = {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}


def test_a_generated_name_ends_with_what_is_never_used_again(synth: Synth) -> None:
    """A dataset that was kept has its name for good: the next one's role, or stack, is another one."""
    dataset(synth)
    (role,) = synth.resources("AWS::IAM::Role")
    assert name(synth)["Fn::Join"][1][1:] == [{"Fn::GetAtt": [role, "RoleId"]}]
    given = type(synth)()
    dataset(given, role=iam.Role(given.stack, "Role", assumed_by=CLEAN_ROOMS_ML))
    assert name(given)["Fn::Join"][1][1:] == [{"Fn::Select": [0, {"Fn::Split": ["-", UUID]}]}]


@pytest.mark.parametrize("given", [False, True])
def test_another_stack_is_told_the_name_that_the_dataset_has(synth: Synth, given: bool) -> None:
    role = iam.Role(synth.stack, "Role", assumed_by=CLEAN_ROOMS_ML) if given else None
    one = dataset(synth, role=role)
    other = cdk.Stack(synth.app, "Other")
    cdk.CfnOutput(other, "Name", value=one.training_dataset_name)
    told = Template.from_stack(other).to_json()["Outputs"]["Name"]["Value"]
    assert "Fn::ImportValue" in str(told)
    assert "AWS::StackId" not in str(told)


def test_roles_that_are_created_outside_of_the_application(synth: Synth) -> None:
    iam.Role.customize_roles(synth.stack, prevent_synthesis=True, use_precreated_roles={"Stack/Dataset/Role": "reader"})
    dataset(synth)
    assert "AWS::StackId" in str(name(synth))
    assert synth.only(TYPE)["DeletionPolicy"] == "RetainExceptOnCreate"


def test_tags(synth: Synth) -> None:
    one = dataset(synth, tags={"team": "media", "stage": "beta"})
    cdk.Tags.of(synth.app).add("environment", "beta")
    cdk.Tags.of(one).add("team", "sports")
    cdk.Tags.of(one).remove("stage")
    assert properties(synth)["Tags"] == [
        {"Key": "environment", "Value": "beta"},
        {"Key": "team", "Value": "sports"},
    ]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (cdk.RemovalPolicy.RETAIN, "RetainExceptOnCreate"),
        (cdk.RemovalPolicy.DESTROY, None),
        (None, "RetainExceptOnCreate"),
    ],
)
def test_the_removal_policy_is_that_of_the_dataset_and_its_role(
    synth: Synth, policy: cdk.RemovalPolicy | None, expected: str | None
) -> None:
    parameters: dict[str, Any] = {} if policy is None else {"removal_policy": policy}
    dataset(synth, **parameters)
    for resource in (synth.only(TYPE), synth.only("AWS::IAM::Role")):
        policies = (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))
        assert policies == (expected, expected and "Retain")


def test_a_given_role_goes_with_its_stack(synth: Synth) -> None:
    dataset(synth, role=iam.Role(synth.stack, "Role", assumed_by=CLEAN_ROOMS_ML))
    assert "DeletionPolicy" not in synth.only("AWS::IAM::Role")
    assert "DeletionPolicy" not in synth.only("AWS::IAM::Policy")


def test_the_removal_policy_can_be_applied_from_outside(synth: Synth) -> None:
    dataset(synth).apply_removal_policy(cdk.RemovalPolicy.DESTROY)
    assert synth.only(TYPE)["DeletionPolicy"] == synth.only("AWS::IAM::Role")["DeletionPolicy"] == "Delete"


def test_attributes(synth: Synth) -> None:
    one = dataset(synth)
    (logical_id,) = synth.resources(TYPE)
    arn = {"Fn::GetAtt": [logical_id, "TrainingDatasetArn"]}
    assert synth.stack.resolve(one.training_dataset_arn) == arn
    assert synth.stack.resolve(one.training_dataset_id) == {"Fn::Select": [1, {"Fn::Split": ["/", arn]}]}
    assert synth.stack.resolve(one.training_dataset_name) == name(synth)
    assert isinstance(one.role, iam.Role)
    assert one.table == TABLE
    assert one.bucket.bucket_name == "interactions"
    assert one.encryption_key is None


def test_logical_ids(synth: Synth) -> None:
    dataset(synth)
    assert {logical_id: resource["Type"] for logical_id, resource in synth.template.to_json()["Resources"].items()} == {
        "DatasetRoleEA36AE91": "AWS::IAM::Role",
        "DatasetB87AF082": TYPE,
    }


# What is refused


def test_all_that_is_wrong_is_said_at_once(synth: Synth) -> None:
    with pytest.raises(ValueError, match="invalid parameters of 'Stack/Dataset'") as error:
        dataset(
            synth,
            columns=[
                TrainingColumn.user_id("user"),
                TrainingColumn.user_id("user"),
                TrainingColumn.item_id("-"),
                TrainingColumn.of("two", "USER_ID", "ITEM_ID"),
                TrainingColumn.of("none"),
            ],
            table=GlueTable("data base", "t" * 129, "4444"),
            prefix="/",
            training_dataset_name=" ",
            description="\u0007" * 256,
            tags={"aws:team": "media", "team": "media!"},
        )
    message = str(error.value)
    for said in (
        "training_dataset_name must be printable characters on one line, not only spaces, got ' '",
        "description must have 0 to 255 characters, got 256",
        "description must be printable characters and line breaks",
        "columns[2] name must be letters, digits and underscores, with spaces and single hyphens between them, got '-'",
        "number of types of columns[3] must be a whole number from 1 to 1, got 2",
        "number of types of columns[4] must be a whole number from 1 to 1, got 0",
        "columns must have each name once, got more than one of ['user']",
        "columns must have exactly one USER_ID, got 3",
        "columns must have exactly one ITEM_ID, got 2",
        "columns must have exactly one TIMESTAMP, got 0",
        "table's database_name must be letters, digits and underscores",
        "table's table_name must have 1 to 128 characters, got 129",
        "table's catalog_id must be the 12 digits of an account, got '4444'",
        "tags key must not start with 'aws:'",
        "tags['team'] must be of letters, numbers, spaces",
        "prefix must be a folder's name",
    ):
        assert said in message


@pytest.mark.parametrize(("count", "fine"), [(10, True), (11, False)])
def test_the_number_of_features(synth: Synth, count: int, fine: bool) -> None:
    kinds = [TrainingColumn.categorical_feature, TrainingColumn.numerical_feature]
    columns = [*COLUMNS, *(kinds[n % 2](f"feature{n}") for n in range(count))]
    if fine:
        dataset(synth, columns=columns)
    else:
        with pytest.raises(ValueError, match="columns must have at most 10 features, got 11"):
            dataset(synth, columns=columns)


@pytest.mark.parametrize(("count", "fine"), [(97, True), (98, False)])
def test_the_number_of_columns(synth: Synth, count: int, fine: bool) -> None:
    columns = [*COLUMNS, *(TrainingColumn.of(f"more{n}", "NEWER") for n in range(count))]
    if fine:
        dataset(synth, columns=columns)
    else:
        with pytest.raises(ValueError, match="number of columns must be a whole number from 1 to 100, got 101"):
            dataset(synth, columns=columns)


@pytest.mark.parametrize("prefix", ["", "/", "/clicks", "clicks/", "*", "cli?ks", "x" * 1025])
def test_a_prefix_that_is_no_folder_is_refused(synth: Synth, prefix: str) -> None:
    with pytest.raises(ValueError, match="invalid parameters of 'Stack/Dataset':\n  - prefix must"):
        dataset(synth, prefix=prefix)


@pytest.mark.parametrize(("count", "fine"), [(50, True), (51, False)])
def test_the_number_of_tags(synth: Synth, count: int, fine: bool) -> None:
    tags = {f"key{n}": "" for n in range(count)}
    if fine:
        dataset(synth, tags=tags)
    else:
        with pytest.raises(ValueError, match=r"tags must be at most 50, got 51: the service allows 50 on a resource$"):
            dataset(synth, tags=tags)


VIRGINIA = cdk.Environment(account="111122223333", region="us-east-1")


def test_what_is_elsewhere_is_refused(synth: Synth) -> None:
    stack = cdk.Stack(synth.app, "Virginia", env=VIRGINIA)
    bucket = s3.Bucket.from_bucket_attributes(
        stack,
        "Bucket",
        bucket_name="interactions",
        region="eu-west-1",
        encryption_key=kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:111122223333:key/one"),
    )
    role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::444455556666:role/reader")
    key = kms.Key.from_key_arn(stack, "Other", "arn:aws:kms:us-east-1:111122223333:key/two")
    with pytest.raises(ValueError, match="invalid parameters of 'Virginia/Dataset'") as error:
        dataset(synth, stack=stack, bucket=bucket, role=role, encryption_key=key)
    for said in (
        "bucket's Region 'eu-west-1' is not 'us-east-1'",
        "role's account '444455556666' is not '111122223333'",
        "encryption_key 'arn:aws:kms:us-east-1:111122223333:key/two' is not",
    ):
        assert said in str(error.value)


def test_everything_can_be_a_token(synth: Synth) -> None:
    def text(parameter: str) -> str:
        return cdk.CfnParameter(synth.stack, parameter).value_as_string

    dataset(
        synth,
        columns=[TrainingColumn.of(text("Column"), text("Type"))],
        table=GlueTable(text("Database"), text("Table"), text("Catalog")),
        prefix=text("Prefix"),
        training_dataset_name=text("Name"),
        description=text("Description"),
        tags={"team": text("Team")},
    )
    told = properties(synth)
    del told["RoleArn"]
    assert told == {
        "Name": {"Ref": "Name"},
        "Description": {"Ref": "Description"},
        "Tags": [{"Key": "team", "Value": {"Ref": "Team"}}],
        "TrainingData": [
            {
                "Type": "INTERACTIONS",
                "InputConfig": {
                    "DataSource": {
                        "GlueDataSource": {
                            "CatalogId": {"Ref": "Catalog"},
                            "DatabaseName": {"Ref": "Database"},
                            "TableName": {"Ref": "Table"},
                        }
                    },
                    "Schema": [{"ColumnName": {"Ref": "Column"}, "ColumnTypes": [{"Ref": "Type"}]}],
                },
            }
        ],
    }


def test_a_generated_name_does_not_depend_on_the_names_of_tokens(synth: Synth) -> None:
    def define(synth: Synth) -> None:
        parameter = cdk.CfnParameter(synth.stack, "Table")
        dataset(synth, table=GlueTable("publisher", parameter.value_as_string))

    define(synth)
    again = type(synth)()
    _ = [cdk.Token.as_string({"Ref": "Other"}) for _ in range(3)]
    define(again)
    assert name(again) == name(synth)


# The role


def test_the_role_trusts_clean_rooms_ml_for_datasets_of_this_account(synth: Synth) -> None:
    dataset(synth)
    assert synth.only("AWS::IAM::Role")["Properties"]["AssumeRolePolicyDocument"]["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "cleanrooms-ml.amazonaws.com"},
            "Condition": {
                "StringEqualsIfExists": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
                "ArnLikeIfExists": {
                    "aws:SourceArn": synth.stack.resolve(
                        f"arn:{synth.stack.partition}:cleanrooms-ml:{synth.stack.region}:{synth.stack.account}"
                        ":training-dataset/*"
                    )
                },
            },
        }
    ]


@pytest.mark.parametrize("prefix", [None, "clicks", "teams/media"])
@pytest.mark.parametrize("catalog", [None, "444455556666"])
def test_the_role_is_allowed_what_is_documented_and_nothing_else(
    synth: Synth, prefix: str | None, catalog: str | None
) -> None:
    bucket = s3.Bucket(synth.stack, "Bucket", encryption=s3.BucketEncryption.KMS)
    one = dataset(synth, bucket=bucket, prefix=prefix, table=GlueTable("publisher", "interactions", catalog))
    assert one.encryption_key is not None
    catalog_account = catalog or synth.stack.account
    of_glue = f"arn:{synth.stack.partition}:glue:{synth.stack.region}:{catalog_account}"
    bucket_arn = synth.stack.resolve(bucket.bucket_arn)
    objects = synth.stack.resolve(f"{bucket.bucket_arn}/{prefix}/*" if prefix else f"{bucket.bucket_arn}/*")
    account = {"StringEquals": {"s3:ResourceAccount": {"Ref": "AWS::AccountId"}}}
    assert statements(synth) == [
        {
            "Effect": "Allow",
            "Action": [
                "glue:GetDatabase",
                "glue:GetDatabases",
                "glue:GetTable",
                "glue:GetTables",
                "glue:GetPartitions",
                "glue:GetPartition",
                "glue:BatchGetPartition",
                "glue:GetUserDefinedFunctions",
            ],
            "Resource": synth.stack.resolve(
                [
                    f"{of_glue}:database/publisher",
                    f"{of_glue}:table/publisher/interactions",
                    f"{of_glue}:catalog",
                    f"{of_glue}:database/default",
                ]
            ),
        },
        {
            "Effect": "Allow",
            "Action": "glue:CreateDatabase",
            "Resource": synth.stack.resolve(f"{of_glue}:database/default"),
        },
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:GetBucketLocation"],
            "Resource": bucket_arn,
            "Condition": account,
        },
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": objects, "Condition": account},
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": synth.stack.resolve(one.encryption_key.key_ref.key_arn),
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:s3:arn": [bucket_arn, objects]}},
        },
    ]


def test_a_bucket_without_a_known_key_needs_no_key_permissions(synth: Synth) -> None:
    dataset(synth)
    assert not [statement for statement in statements(synth) if "kms" in str(statement["Action"])]


def test_a_given_key_is_the_buckets(synth: Synth) -> None:
    key = kms.Key(synth.stack, "Key")
    assert dataset(synth, encryption_key=key).encryption_key == key
    assert synth.stack.resolve(key.key_arn) in [
        statement["Resource"] for statement in statements(synth) if statement["Action"] == "kms:Decrypt"
    ]


def test_an_own_role_is_given_the_permissions_and_the_dataset_waits_for_them(synth: Synth) -> None:
    role = iam.Role(synth.stack, "Role", assumed_by=iam.ServicePrincipal("cleanrooms-ml.amazonaws.com"))
    assert dataset(synth, role=role).role == role
    (policy,) = synth.resources("AWS::IAM::Policy")
    assert synth.only(TYPE)["DependsOn"] == [policy]
    assert "s3:GetObject" in [statement["Action"] for statement in statements(synth)]


def test_an_imported_role_gets_a_policy_of_its_own(synth: Synth) -> None:
    dataset(synth, role=iam.Role.from_role_arn(synth.stack, "Role", "arn:aws:iam::111122223333:role/reader"))
    synth.template.has_resource_properties("AWS::IAM::Policy", {"Roles": ["reader"]})
    synth.template.resource_count_is("AWS::IAM::Role", 0)


def test_a_role_that_cannot_be_changed_gets_a_warning_that_says_what_it_must_allow(synth: Synth) -> None:
    dataset(synth, role=iam.CfnRole(synth.stack, "Role", assume_role_policy_document={}))
    (warning,) = Annotations.from_stack(synth.stack).find_warning("*", Match.string_like_regexp("s3:GetObject"))
    assert warning.id == "/Stack/Dataset"
    for said in ("glue:GetUserDefinedFunctions", "glue:CreateDatabase", "s3:ListBucket", "kms:Decrypt"):
        assert said in str(warning.entry.data)


def test_data_of_another_account_gets_a_warning_for_each_policy_that_is_out_of_reach(synth: Synth) -> None:
    stack = cdk.Stack(synth.app, "Virginia", env=VIRGINIA)
    bucket = s3.Bucket.from_bucket_attributes(stack, "Bucket", bucket_name="theirs", account="444455556666")
    dataset(synth, stack=stack, bucket=bucket, table=GlueTable("publisher", "interactions", "444455556666"))
    for what in ("bucket belongs to account 444455556666", "catalog of account 444455556666"):
        assert Annotations.from_stack(stack).find_warning("/Virginia/Dataset", Match.string_like_regexp(what))


# Grants and imports


def granted(synth: Synth, grant: Callable[[TrainingDataset, iam.IGrantable], iam.Grant]) -> Any:
    imported: Any = TrainingDataset.from_training_dataset_arn(synth.stack, "Theirs", ARN)
    role = iam.Role(synth.stack, "Role", assumed_by=CLEAN_ROOMS_ML)
    assert grant(imported, role).success
    return statements(synth)


def test_read(synth: Synth) -> None:
    assert granted(synth, lambda one, role: one.grants.read(role)) == [
        {
            "Effect": "Allow",
            "Action": ["cleanrooms-ml:GetTrainingDataset", "cleanrooms-ml:ListTagsForResource"],
            "Resource": ARN,
        }
    ]


def test_create_audience_model(synth: Synth) -> None:
    assert granted(synth, lambda one, role: one.grants.create_audience_model(role)) == [
        {"Effect": "Allow", "Action": "cleanrooms-ml:CreateAudienceModel", "Resource": ARN},
        {
            "Effect": "Allow",
            "Action": "cleanrooms-ml:TagResource",
            # Where the dataset is, whatever stack the role is of.
            "Resource": synth.stack.resolve(
                f"arn:{synth.stack.partition}:{ARN.split(':', 2)[2].partition('training-dataset')[0]}audience-model/*"
            ),
        },
    ]


def test_a_created_dataset_grants_on_itself(synth: Synth) -> None:
    one = dataset(synth)
    one.grants.read(iam.Role(synth.stack, "Role", assumed_by=iam.AccountRootPrincipal())).assert_success()
    (policy,) = synth.resources("AWS::IAM::Policy").values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Resource"] == synth.stack.resolve(one.training_dataset_arn)


def test_an_import_knows_what_its_arn_says(synth: Synth) -> None:
    imported = TrainingDataset.from_training_dataset_arn(synth.stack, "Theirs", ARN)
    assert (imported.training_dataset_arn, imported.training_dataset_id) == (ARN, "8ad5aa2a")
    assert (imported.env.account, imported.env.region) == ("444455556666", "eu-west-1")
    assert imported.stack == synth.stack
    assert imported.node.path == "Stack/Theirs"
    assert synth.template.to_json().get("Resources") is None


@pytest.mark.parametrize("arn", ["clicks", ARN.replace("training-dataset", "audience-model"), ARN + "x" * 2048])
def test_what_is_no_arn_of_a_dataset_is_refused(synth: Synth, arn: str) -> None:
    with pytest.raises(ValueError, match="invalid parameters of 'Stack/Theirs':\n  - training_dataset_arn"):
        TrainingDataset.from_training_dataset_arn(synth.stack, "Theirs", arn)


# The limits are the model's


def shape(of: str) -> Any:
    return MODEL.shape_for(of)


@pytest.mark.parametrize(
    ("limit", "of"),
    [
        (limits.TRAINING_COLUMNS, "DatasetInputConfigSchemaList"),
        (limits.COLUMN_NAME_LENGTH, "ColumnName"),
        (limits.COLUMN_TYPES, "ColumnTypeList"),
        (limits.GLUE_TABLE_NAME_LENGTH, "GlueTableName"),
        (limits.GLUE_DATABASE_NAME_LENGTH, "GlueDatabaseName"),
        (limits.ACCOUNT_ID_LENGTH, "AccountId"),
        (limits.ARN_LENGTH, "TrainingDatasetArn"),
    ],
)
def test_a_limit_is_the_models(limit: tuple[int, int], of: str) -> None:
    metadata = shape(of).metadata
    assert limit == (metadata["min"], metadata["max"])


@pytest.mark.parametrize(
    ("pattern", "of"),
    [
        (limits.COLUMN_NAME_PATTERN, "ColumnName"),
        (limits.GLUE_TABLE_NAME_PATTERN, "GlueTableName"),
        (limits.GLUE_DATABASE_NAME_PATTERN, "GlueDatabaseName"),
        (limits.ACCOUNT_PATTERN, "AccountId"),
    ],
)
def test_a_pattern_is_the_models(pattern: str, of: str) -> None:
    assert pattern == shape(of).metadata["pattern"]


def test_the_named_types_are_the_models() -> None:
    assert {*limits.REQUIRED_COLUMN_TYPES, *limits.FEATURE_COLUMN_TYPES} == set(shape("ColumnType").enum)
    assert shape("DatasetType").enum == ["INTERACTIONS"]


def test_a_name_that_is_set_past_the_parameters_is_the_name(synth: Synth) -> None:
    one = dataset(synth)
    resource: Any = one.node.default_child
    resource.name = "clicks"
    assert one.training_dataset_name == name(synth) == "clicks"


def test_a_key_that_leaves_nothing_to_iam_is_pointed_out(synth: Synth) -> None:
    admin: Any = iam.ArnPrincipal("arn:aws:iam::111122223333:role/admin")
    statement = iam.PolicyStatement(principals=[admin], actions=["kms:*"], resources=["*"])
    key = kms.Key(synth.stack, "Key", policy=iam.PolicyDocument(statements=[statement]))
    dataset(synth, bucket=s3.Bucket(synth.stack, "Bucket", encryption_key=key))
    words = Match.string_like_regexp("lets neither this account nor the role in.*allow the role kms:Decrypt there")
    assert Annotations.from_stack(synth.stack).find_warning("/Stack/Dataset", words)
