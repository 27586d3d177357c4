"""What somebody writes behind the CDK's Provider framework: the shortest code that creates, updates and deletes."""

from __future__ import annotations

from typing import Any

import boto3

cleanroomsml = boto3.client("cleanroomsml")


def on_event(event: dict[str, Any], context: object) -> dict[str, Any]:
    del context
    kind = event["RequestType"]
    if kind == "Delete":
        cleanroomsml.delete_configured_audience_model(configuredAudienceModelArn=event["PhysicalResourceId"])
        return {}
    wanted = dict(event["ResourceProperties"])
    for name in ("ServiceToken", "ServiceTimeout"):
        wanted.pop(name, None)
    wanted["minMatchingSeedSize"] = int(wanted["minMatchingSeedSize"])
    sizes = wanted["audienceSizeConfig"]
    wanted["audienceSizeConfig"] = {**sizes, "audienceSizeBins": [int(size) for size in sizes["audienceSizeBins"]]}
    if kind == "Create":
        made = cleanroomsml.create_configured_audience_model(**wanted)
        return {"PhysicalResourceId": made["configuredAudienceModelArn"]}
    for name in ("name", "tags"):
        wanted.pop(name)
    cleanroomsml.update_configured_audience_model(configuredAudienceModelArn=event["PhysicalResourceId"], **wanted)
    return {"PhysicalResourceId": event["PhysicalResourceId"]}
