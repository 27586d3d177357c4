"""What the page says that cdk-nag's packs find by default is what they find."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import cdk_nag

from cdk_cleanroomsml import ConfiguredAudienceModel, SharedAudienceMetrics

from ..references import an_audience_model
from .pages import table

PACKS: list[tuple[Any, str]] = [
    (cdk_nag.HIPAASecurityChecks, "HIPAA.Security-"),
    (cdk_nag.NIST80053R5Checks, "NIST.800.53.R5-"),
    (cdk_nag.PCIDSS321Checks, "PCI.DSS.321-"),
    (cdk_nag.ServerlessChecks, "Serverless-"),
]
WHERE = {
    "bucket": "SportsReaders/Output/Bucket/Resource",
    "access logs": "CleanRoomsMLAccessLogs/Resource",
    "log group": "CleanRoomsMLProvider/LogGroup/Resource",
    "function": "CleanRoomsMLProvider/Function/Resource",
    "output": "SportsReaders/Output/Role/Resource",
    "permissions": (
        "CleanRoomsMLProvider/Role/Resource, CleanRoomsMLProvider/ConfiguredAudienceModel, "
        "SportsReaders/Output/PassRole"
    ),
}


def test_the_findings_by_default() -> None:
    app = cdk.App()
    stack = cdk.Stack(app, "Stack")
    ConfiguredAudienceModel(
        stack,
        "SportsReaders",
        audience_model=an_audience_model(stack, "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/8ad5aa2a"),
        shared_audience_metrics=SharedAudienceMetrics.ALL,
    )
    found: dict[str, tuple[list[str], set[str]]] = {}
    for checks, prefix in PACKS:
        for violation in checks(app).validate_scope(app).violations:
            packs, where = found.setdefault(violation.rule_name.removeprefix(prefix), ([], set()))
            packs.append(prefix)
            where |= {str(r.construct_path).removeprefix("Stack/") for r in violation.violating_resources}

    said = {}
    for rule, *marks, where_, _ in table("guides/compliance.md", "rule"):
        paths = {path for place in where_.split(", ") for path in WHERE[place].split(", ")}
        said[rule.strip("`")] = ([prefix for mark, (_, prefix) in zip(marks, PACKS, strict=True) if mark], paths)
    assert said == found
