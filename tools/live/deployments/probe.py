"""A function behind a custom resource: writes down what it is sent, and what its role may do by then.

Inline code, so a single file of at most 4,096 characters. Nothing of a signature is written.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.parse
import urllib.request
from typing import Any

import boto3
import botocore
from botocore.exceptions import ClientError

BUCKET, ROLE, POLICY = os.environ["BUCKET"], os.environ["ROLE"], os.environ["POLICY"]


def handler(event: dict[str, Any], _: object) -> None:
    """Lambda's entry point."""
    try:
        seen = {
            "type": event["RequestType"],
            "request_id": event["RequestId"],
            "stage": event["ResourceProperties"]["stage"],
            "at": time.time(),
            "url": of_url(event["ResponseURL"]),
            "policy": tried(policy_stage),
            "may_list": tried(lambda: may_list(event["ResourceProperties"]["stage"])),
            "members": sorted(event),
            "python": sys.version.split()[0],
            "botocore": botocore.__version__,
            "operations": tried(operations),
        }
        key = f"probe/{time.time_ns()}.json"
        boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=json.dumps(seen).encode())
    except Exception as error:
        print(type(error).__name__, error)
    answer(event)


def of_url(url: str) -> dict[str, Any]:
    """What a ResponseURL looks like, without what signs it."""
    parts = urllib.parse.urlsplit(url)
    query = urllib.parse.parse_qs(parts.query)
    shown = ("X-Amz-Date", "X-Amz-Expires", "X-Amz-Algorithm", "X-Amz-SignedHeaders", "Expires")
    return {
        "host": parts.hostname,
        "names": sorted(query),
        **{name: query[name][0] for name in shown if name in query},
    }


def tried(look: Any) -> Any:  # noqa: ANN401 - JSON
    """What a look shows, or the error's code."""
    try:
        return look()
    except ClientError as error:
        return error.response["Error"]["Code"]


def policy_stage() -> list[str]:
    """The stage that IAM says the role's policy is of."""
    document = boto3.client("iam").get_role_policy(RoleName=ROLE, PolicyName=POLICY)["PolicyDocument"]
    return [statement["Sid"] for statement in document["Statement"] if statement.get("Sid")]


def may_list(stage: str) -> bool:
    """Whether what only this stage's policy allows is allowed already."""
    boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=stage, MaxKeys=1)
    return True


def operations() -> int:
    """How many operations of Clean Rooms ML this SDK has."""
    return len(boto3.client("cleanroomsml").meta.service_model.operation_names)


def answer(event: dict[str, Any]) -> None:
    """Tells CloudFormation that it is done, whatever happened: nothing hangs on a probe."""
    same = ("StackId", "RequestId", "LogicalResourceId")
    physical_id = event.get("PhysicalResourceId", "probe")
    body = {"Status": "SUCCESS", "PhysicalResourceId": physical_id, **{name: event[name] for name in same}}
    content, url = json.dumps(body).encode(), event["ResponseURL"]
    request = urllib.request.Request(url, content, {"content-type": ""}, method="PUT")  # noqa: S310 - CloudFormation's
    urllib.request.urlopen(request, timeout=20).close()  # noqa: S310 - the same
