"""A function behind a custom resource: writes down what it is sent, and what its role may do by then.

Inline code, so a single file of at most 4,096 characters. Nothing of a signature is written.
"""

import json
import os
import sys
import time
import urllib.parse
import urllib.request

import boto3
import botocore
from botocore.exceptions import ClientError

BUCKET, ROLE, POLICY = os.environ["BUCKET"], os.environ["ROLE"], os.environ["POLICY"]


def handler(event, context):
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
    answer(event, context)


def of_url(url):
    """What a ResponseURL looks like, without what signs it."""
    parts = urllib.parse.urlsplit(url)
    query = urllib.parse.parse_qs(parts.query)
    shown = ("X-Amz-Date", "X-Amz-Expires", "X-Amz-Algorithm", "X-Amz-SignedHeaders", "Expires")
    return {
        "host": parts.hostname,
        "names": sorted(query),
        **{name: query[name][0] for name in shown if name in query},
    }


def tried(look):
    """What a look shows, or the error's code."""
    try:
        return look()
    except ClientError as error:
        return error.response["Error"]["Code"]


def policy_stage():
    """The stage that IAM says the role's policy is of."""
    document = boto3.client("iam").get_role_policy(RoleName=ROLE, PolicyName=POLICY)["PolicyDocument"]
    return [statement["Sid"] for statement in document["Statement"] if statement.get("Sid")]


def may_list(stage):
    """Whether what only this stage's policy allows is allowed already."""
    boto3.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=stage, MaxKeys=1)
    return True


def operations():
    """How many operations of Clean Rooms ML this SDK has."""
    return len(boto3.client("cleanroomsml").meta.service_model.operation_names)


def answer(event, context):
    """Tells CloudFormation that it is done, whatever happened: nothing hangs on a probe."""
    same = ("StackId", "RequestId", "LogicalResourceId")
    physical_id = event.get("PhysicalResourceId", "probe")
    body = {"Status": "SUCCESS", "PhysicalResourceId": physical_id, **{name: event[name] for name in same}}
    request = urllib.request.Request(event["ResponseURL"], json.dumps(body).encode(), {"content-type": ""}, method="PUT")
    urllib.request.urlopen(request, timeout=20).close()
