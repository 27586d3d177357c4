"""The measurements of the chain: each gives its raw figures, one row a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from benchmarks.cases import LIBRARY, Json, Link, Plan
from benchmarks.deployment import Deployment, running_engine
from benchmarks.measure import Row, assemblies, counted, new_folder, phases, say, synthesised, turned
from benchmarks.work import PARTNER, Model, request

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine

ROLE_ARN = "arn:aws:iam::111122223333:role/service-role/cleanrooms-ml"


def measure(plan: Plan) -> dict[str, Json]:
    """Everything."""
    return {"counts": _counts(plan), "synth": _synth(plan), "deployments": _deployments(plan)}


def _counts(plan: Plan) -> list[Row]:
    rows = []
    for link in plan.chain:
        for side in link.sides:
            say(f"count: {side}, {link}")
            with new_folder() as folder:
                rows.append(_row(side, link) | counted(_program(side, link), folder))
    return rows


def _synth(plan: Plan) -> list[Row]:
    rows = []
    for number in range(plan.runs):
        for link in plan.chain:
            for side in turned(link.sides, number):
                say(f"synth, round {number + 1} of {plan.runs}: {side}, {link}")
                with new_folder() as folder:
                    figures = synthesised(_program(side, link), folder)
                rows.append({**_row(side, link), "round": number, **figures})
    return rows


def _deployments(plan: Plan) -> list[Row]:
    """Of this library alone: the others' functions make the calls that are written down, and no others."""
    rows = []
    with running_engine() as engine, new_folder() as folder:
        for link in plan.chain_deployed:
            say(f"deploy: {link}")
            deployment = Deployment(engine)
            program = [*_program(LIBRARY, link), "--subjects", json.dumps(_subjects(engine, link.constructs))]
            made = assemblies(folder / link.kind, program, ["--changed"])
            rows += [{**_row(LIBRARY, link), "phase": phase, **figures} for phase, figures in phases(deployment, made)]
    return rows


def _subjects(engine: Engine, models: int) -> dict[str, Any]:
    """What the constructs are defined on, made anew: a dataset, so many configured models, a membership."""
    cleanroomsml, cleanrooms = engine.client("cleanroomsml"), engine.client("cleanrooms")
    columns = [
        {"columnName": name, "columnTypes": [type_]}
        for name, type_ in (("user", "USER_ID"), ("item", "ITEM_ID"), ("time", "TIMESTAMP"))
    ]
    table = {"glueDataSource": {"databaseName": "clicks", "tableName": "clicks"}}
    dataset = cleanroomsml.create_training_dataset(
        name="clicks",
        roleArn=ROLE_ARN,
        trainingData=[{"type": "INTERACTIONS", "inputConfig": {"schema": columns, "dataSource": table}}],
    )
    collaboration = cleanrooms.create_collaboration(
        name="collaboration",
        description="collaboration",
        creatorDisplayName="publisher",
        creatorMemberAbilities=[],
        members=[{"accountId": PARTNER, "displayName": "advertiser", "memberAbilities": ["CAN_QUERY"]}],
        queryLogStatus="DISABLED",
    )
    membership = cleanrooms.create_membership(
        collaborationIdentifier=collaboration["collaboration"]["id"], queryLogStatus="DISABLED"
    )
    return {
        "dataset_arn": dataset["trainingDatasetArn"],
        "model_arns": [_configured_model(cleanroomsml, number) for number in range(models)],
        "membership": membership["membership"]["id"],
    }


def _configured_model(cleanroomsml: Any, number: int) -> str:  # noqa: ANN401 - boto3 makes its clients at run time
    wanted = request(Model(f"model-{number}", 500), s3_uri="s3://bucket/", role_arn=ROLE_ARN)
    return str(cleanroomsml.create_configured_audience_model(**wanted)["configuredAudienceModelArn"])


def _program(side: str, link: Link) -> list[str]:
    return [f"benchmarks.chain.{side}", *link.arguments]


def _row(side: str, link: Link) -> Row:
    return {"side": side, "kind": link.kind, "constructs": link.constructs}
