"""What a run makes around them: stacks, functions, roles, buckets, keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import PREFIX, Found, GoneError, Kind, deleted_by, listed, pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..account import Account

TAG = "cdk-cleanroomsml-live"
"""The key of the tag that everything carries that can; the value is the run's id."""


def _stacks(account: Account, prefix: str) -> Iterator[Found]:
    for stack in pages(account, "cloudformation", "describe_stacks", "Stacks"):
        if stack["StackName"].startswith(prefix) and stack["StackStatus"] != "DELETE_COMPLETE":
            yield Found(stack["StackName"], stack["StackName"])


def _delete_stack(account: Account, found: Found) -> None:
    """What its deletion failed on before is left, and deleted after it: it has a name of the run, too."""
    cloudformation = account.client("cloudformation")
    stack = cloudformation.describe_stacks(StackName=found.id)["Stacks"][0]
    if stack["StackStatus"] == "DELETE_COMPLETE":
        raise GoneError
    if stack["StackStatus"] == "DELETE_IN_PROGRESS":
        return
    stuck = []
    if stack["StackStatus"] == "DELETE_FAILED":
        resources = pages(
            account, "cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=found.id
        )
        stuck = [each["LogicalResourceId"] for each in resources if each["ResourceStatus"] == "DELETE_FAILED"]
    cloudformation.delete_stack(StackName=found.id, **({"RetainResources": stuck} if stuck else {}))


def keys_of_stack(account: Account, found: Found) -> Iterator[Found]:
    """The keys that a stack has, or had: the tagging API may take minutes to show one."""
    resources = pages(account, "cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=found.id)
    for each in resources:
        if each["ResourceType"] == "AWS::KMS::Key" and each.get("PhysicalResourceId"):
            yield Found(found.name, each["PhysicalResourceId"])


def _roles(account: Account, prefix: str) -> Iterator[Found]:
    for role in pages(account, "iam", "list_roles", "Roles"):
        if role["RoleName"].startswith(prefix):
            yield Found(role["RoleName"], role["RoleName"])


def _delete_role(account: Account, found: Found) -> None:
    iam = account.client("iam")
    for name in iam.list_role_policies(RoleName=found.id)["PolicyNames"]:
        iam.delete_role_policy(RoleName=found.id, PolicyName=name)
    for policy in iam.list_attached_role_policies(RoleName=found.id)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=found.id, PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName=found.id)


def _buckets(account: Account, prefix: str) -> Iterator[Found]:
    for bucket in account.client("s3").list_buckets()["Buckets"]:
        if bucket["Name"].startswith(prefix):
            yield Found(bucket["Name"], bucket["Name"])


def _delete_bucket(account: Account, found: Found) -> None:
    s3 = account.client("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=found.id):
        for each in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
            s3.delete_object(Bucket=found.id, Key=each["Key"], VersionId=each["VersionId"])
    s3.delete_bucket(Bucket=found.id)


def _log_groups(account: Account, prefix: str) -> Iterator[Found]:
    for start in ("/aws/lambda/", ""):
        for group in pages(account, "logs", "describe_log_groups", "logGroups", logGroupNamePrefix=start + prefix):
            yield Found(group["logGroupName"].removeprefix(start), group["logGroupName"])


def _keys(account: Account, prefix: str) -> Iterator[Found]:
    """Keys have no names: they are found by the tag that a stack or a run gives them."""
    filters = {"ResourceTypeFilters": ["kms:key"], "TagFilters": [{"Key": TAG}]}
    for item in pages(account, "resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", **filters):
        run_id = next(tag["Value"] for tag in item["Tags"] if tag["Key"] == TAG)
        name, key = f"{PREFIX}{run_id}", item["ResourceARN"].rpartition("/")[2]
        if name.startswith(prefix) and not _is_going(account, key):
            yield Found(name, key)


def _is_going(account: Account, key: str) -> bool:
    metadata = account.client("kms").describe_key(KeyId=key)["KeyMetadata"]
    return str(metadata["KeyState"]) in ("PendingDeletion", "PendingReplicaDeletion")


def _delete_key(account: Account, found: Found) -> None:
    """AWS deletes a key after a week at the earliest; until then it can't be used and costs nothing."""
    if not _is_going(account, found.id):
        account.client("kms").schedule_key_deletion(KeyId=found.id, PendingWindowInDays=7)


def _delete_state_machine(account: Account, found: Found) -> None:
    """It is there until its executions have ended, and its deletion may be asked for as often as one likes."""
    states = account.client("stepfunctions")
    if states.describe_state_machine(stateMachineArn=found.id)["status"] != "DELETING":
        states.delete_state_machine(stateMachineArn=found.id)


STACKS: dict[str, Kind] = {"stack": Kind("the stack", _stacks, _delete_stack, slow=True, leaves=keys_of_stack)}

AROUND: dict[str, Kind] = {
    "function": Kind(
        "the function",
        listed("lambda", "list_functions", "Functions", "FunctionName", "FunctionName"),
        deleted_by("lambda", "delete_function", "FunctionName"),
    ),
    "state machine": Kind(
        "the state machine",
        listed("stepfunctions", "list_state_machines", "stateMachines", "name", "stateMachineArn"),
        _delete_state_machine,
        slow=True,
    ),
    "database": Kind(
        "the database and its tables",
        listed("glue", "get_databases", "DatabaseList", "Name", "Name"),
        deleted_by("glue", "delete_database", "Name"),
    ),
    "role": Kind("the role", _roles, _delete_role),
    "log group": Kind("the log group", _log_groups, deleted_by("logs", "delete_log_group", "logGroupName")),
    "bucket": Kind("the bucket", _buckets, _delete_bucket),
    "key": Kind("the key", _keys, _delete_key),
}
