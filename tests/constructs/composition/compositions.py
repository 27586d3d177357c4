"""What can be put together with what from where, as a table: tests run it, and a page of the documentation shows it.

`python -m tests.constructs.composition.compositions` writes the page anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import aws_cdk as cdk
from aws_cdk import aws_cleanrooms as cleanrooms
from aws_cdk import aws_cleanroomsml as cleanroomsml
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceModelRetraining,
    AudienceOutput,
    CleanRoomsMLMonitoring,
    CleanRoomsMLProvider,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    ConfiguredAudienceModelPolicy,
    GlueTable,
    Membership,
    SharedAudienceMetrics,
    TrainingColumn,
    TrainingDataset,
)

from ...references import a_dataset, a_membership, an_audience_model

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
REGION, OTHER_REGION = "us-east-1", "us-west-2"
HERE = cdk.Environment(account=ACCOUNT, region=REGION)
PAGE = Path(__file__).parents[3] / "docs" / "guides" / "composition.md"
ID = "8f6b7a1e-5f0d-4c57-9f0a-3b2f7c1d9e10"
COLUMNS = [TrainingColumn.user_id("user"), TrainingColumn.item_id("item"), TrainingColumn.timestamp("at")]
FOR_CLEAN_ROOMS_ML = iam.ServicePrincipal("cleanrooms-ml.amazonaws.com")


# From where


class Place(NamedTuple):
    """Where a part is defined, and where it is used."""

    part: Construct
    user: Construct


def _same_stack(row: Construct) -> Place:
    stack = cdk.Stack(row, "Stack")
    return Place(stack, stack)


def _other_stack(row: Construct) -> Place:
    return Place(cdk.Stack(row, "Parts"), cdk.Stack(row, "Stack"))


def _parent(row: Construct) -> Place:
    stack = cdk.Stack(row, "Stack")
    return Place(stack, cdk.NestedStack(stack, "Nested"))


def _nested(row: Construct) -> Place:
    stack = cdk.Stack(row, "Stack")
    return Place(cdk.NestedStack(stack, "Nested"), stack)


def _sibling(row: Construct) -> Place:
    stack = cdk.Stack(row, "Stack")
    return Place(cdk.NestedStack(stack, "Parts"), cdk.NestedStack(stack, "Nested"))


def _elsewhere(account: str, region: str) -> Callable[[Construct], Place]:
    def place(row: Construct) -> Place:
        elsewhere = cdk.Environment(account=account, region=region)
        return Place(
            cdk.Stack(row, "Parts", env=elsewhere, cross_region_references=True),
            cdk.Stack(row, "Stack", env=HERE, cross_region_references=True),
        )

    return place


ANOTHER_REGION, ANOTHER_ACCOUNT = "another Region", "another account"
PLACES: dict[str, Callable[[Construct], Place]] = {
    "the same stack": _same_stack,
    "another stack": _other_stack,
    "the parent stack": _parent,
    "a nested stack": _nested,
    "a sibling nested stack": _sibling,
    ANOTHER_REGION: _elsewhere(ACCOUNT, OTHER_REGION),
    ANOTHER_ACCOUNT: _elsewhere(OTHER_ACCOUNT, REGION),
}


# What is to be expected


@dataclass(frozen=True)
class Expected:
    """What happens: ``works``, or there is a ``warning`` or an ``error`` with some words in it."""

    kind: str
    words: str = ""


WORKS = Expected("works")


def error(words: str) -> Expected:
    return Expected("error", words)


def warning(words: str) -> Expected:
    return Expected("warning", words)


IN_ANOTHER_REGION = error(f"Region '{OTHER_REGION}' is not '{REGION}'")
OF_ANOTHER_ACCOUNT = error(f"account '{OTHER_ACCOUNT}' is not '{ACCOUNT}'")
OWNED_BY_ANOTHER = warning(f"belongs to account {OTHER_ACCOUNT}, this is {ACCOUNT}")


# What


@dataclass(frozen=True)
class What:
    """A parameter that takes a part, and the ways to get the part.

    Attributes:
        name: the construct and its parameter.
        make: defines the part; None where a part is never defined in an application.
        use: gives the part to the parameter.
        imports: the part as it is known otherwise, by the words for it.
        expected: what happens, where it isn't what happens by default.
    """

    name: str
    make: Callable[[Construct], Any] | None
    use: Callable[[Construct, Any], object]
    imports: dict[str, Callable[[Construct], Any]] = field(default_factory=dict)
    expected: dict[str, Expected] = field(default_factory=dict)

    def outcome(self, source: str) -> Expected:
        by_default = {
            ANOTHER_REGION: IN_ANOTHER_REGION,
            AN_ARN_OF_A_REGION: IN_ANOTHER_REGION,
            ANOTHER_ACCOUNT: OF_ANOTHER_ACCOUNT,
            AN_ARN_OF_AN_ACCOUNT: OF_ANOTHER_ACCOUNT,
        }
        return self.expected.get(source, by_default.get(source, WORKS))


AN_ARN, A_NAME, A_LOOK_UP, A_TOKEN = "an ARN", "a name", "a look-up", "a parameter of the stack"
AN_ARN_OF_A_REGION, AN_ARN_OF_AN_ACCOUNT = "an ARN of another Region", "an ARN of another account"


def unique(scope: Construct, name: str) -> str:
    """A physical name, which CDK wants for what is used across accounts and Regions."""
    return f"{name}-{scope.node.addr[-12:]}"


def model(scope: Construct, **parameters: Any) -> ConfiguredAudienceModel:
    parameters.setdefault("audience_model", an_audience_model(scope, here(scope, "audience-model")))
    return ConfiguredAudienceModel(scope, "Model", shared_audience_metrics=SharedAudienceMetrics.ALL, **parameters)


def dataset(scope: Construct, **parameters: Any) -> TrainingDataset:
    parameters.setdefault("bucket", s3.Bucket.from_bucket_name(scope, "Training", "training-data"))
    parameters.setdefault("table", GlueTable("shop", "purchases"))
    return TrainingDataset(scope, "Dataset", columns=COLUMNS, **parameters)


def audience_model(scope: Construct) -> AudienceModel:
    trained_on = a_dataset(scope, cdk.Fn.import_value("Dataset"))
    return AudienceModel(scope, "AudienceModel", training_dataset=trained_on)


def resource_of_dataset(scope: Construct) -> cleanroomsml.CfnTrainingDataset:
    resource = dataset(scope).node.default_child
    assert isinstance(resource, cleanroomsml.CfnTrainingDataset)
    return resource


def retraining(scope: Construct, **parameters: Any) -> AudienceModelRetraining:
    parameters.setdefault("training_dataset", a_dataset(scope, here(scope, "training-dataset")))
    if "configured_audience_model" not in parameters:
        parameters["configured_audience_model"] = model(scope, output=imported_output(scope))
    return AudienceModelRetraining(scope, "Retraining", **parameters)


def imported_output(scope: Construct) -> AudienceOutput:
    """The least that a model needs, so that a row shows its own part only."""
    return AudienceOutput(
        scope,
        "Output",
        bucket=s3.Bucket.from_bucket_name(scope, "Exports", "exports"),
        role=iam.Role.from_role_name(scope, "Writer", "writer"),
    )


def here(scope: Construct, kind: str) -> str:
    """An ARN where a construct is."""
    return cdk.Stack.of(scope).format_arn(service="cleanrooms-ml", resource=kind, resource_name="8ad5aa2a")


def arn(kind: str, service: str, *, account: str = ACCOUNT, region: str = REGION) -> str:
    where = "" if service == "iam" else region
    resource = kind if "/" in kind or service in ("sns", "sqs") else f"{kind}/8ad5aa2a"
    return f"arn:aws:{service}:{where}:{account}:{resource}"


def texts(kind: str, service: str) -> dict[str, Callable[[Construct], Any]]:
    """The ways to say an ARN as text."""
    return {
        AN_ARN: lambda _: arn(kind, service),
        A_LOOK_UP: lambda scope: ssm.StringParameter.value_from_lookup(scope, "/shop/arn"),
        A_TOKEN: lambda scope: cdk.CfnParameter(scope, "Arn").value_as_string,
        AN_ARN_OF_A_REGION: lambda _: arn(kind, service, region=OTHER_REGION),
        AN_ARN_OF_AN_ACCOUNT: lambda _: arn(kind, service, account=OTHER_ACCOUNT),
    }


def arns(kind: str, service: str, load: Callable[[Construct, str, str], Any]) -> dict[str, Callable[[Construct], Any]]:
    """The ways to import by an ARN."""
    said = {name: tell for name, tell in texts(kind, service).items() if name != A_LOOK_UP}
    return {name: _import(tell, load) for name, tell in said.items()}


def references(kind: str, load: Callable[[Construct, str, str], Any]) -> dict[str, Callable[[Construct], Any]]:
    """The ways to import what is of this library, a look-up among them."""
    return {name: _import(tell, load) for name, tell in texts(kind, "cleanrooms-ml").items()}


def _import(tell: Callable[[Construct], str], load: Callable[[Construct, str, str], Any]) -> Callable[[Construct], Any]:
    return lambda scope: load(scope, "Imported", tell(scope))


def key(scope: Construct) -> kms.Key:
    return kms.Key(scope, "Key", enable_key_rotation=True)


def bucket(scope: Construct) -> s3.Bucket:
    return s3.Bucket(scope, "Data", bucket_name=unique(scope, "data"), enforce_ssl=True)


def role(scope: Construct) -> iam.Role:
    return iam.Role(scope, "Role", role_name=unique(scope, "role"), assumed_by=FOR_CLEAN_ROOMS_ML)


def role_of_function(scope: Construct) -> iam.Role:
    lambda_service = iam.ServicePrincipal("lambda.amazonaws.com")
    return iam.Role(scope, "Role", role_name=unique(scope, "role"), assumed_by=lambda_service)


def topic(scope: Construct) -> sns.Topic:
    return sns.Topic(scope, "Topic", topic_name=unique(scope, "topic"), enforce_ssl=True)


def queue(scope: Construct) -> sqs.Queue:
    return sqs.Queue(scope, "Queue", queue_name=unique(scope, "queue"), enforce_ssl=True)


KEYS = arns("key", "kms", kms.Key.from_key_arn)
KEY_RULES = {ANOTHER_ACCOUNT: OWNED_BY_ANOTHER, AN_ARN_OF_AN_ACCOUNT: OWNED_BY_ANOTHER}
BUCKETS: dict[str, Callable[[Construct], Any]] = {
    A_NAME: lambda scope: s3.Bucket.from_bucket_name(scope, "Named", "shop-data"),
    "a bucket with another account's number": lambda scope: s3.Bucket.from_bucket_attributes(
        scope, "Theirs", bucket_name="their-data", account=OTHER_ACCOUNT
    ),
    "a bucket with another Region's name": lambda scope: s3.Bucket.from_bucket_attributes(
        scope, "Far", bucket_name="far-data", region=OTHER_REGION
    ),
}
BUCKET_RULES = {
    ANOTHER_ACCOUNT: OWNED_BY_ANOTHER,
    "a bucket with another account's number": OWNED_BY_ANOTHER,
    "a bucket with another Region's name": IN_ANOTHER_REGION,
}
ROLES: dict[str, Callable[[Construct], Any]] = {
    A_NAME: lambda scope: iam.Role.from_role_name(scope, "Named", "writer"),
    "an ARN, mutable=False": lambda scope: iam.Role.from_role_arn(
        scope, "Fixed", arn("role/writer", "iam"), mutable=False
    ),
    AN_ARN: lambda scope: iam.Role.from_role_arn(scope, "Known", arn("role/writer", "iam")),
    AN_ARN_OF_AN_ACCOUNT: lambda scope: iam.Role.from_role_arn(
        scope, "Theirs", arn("role/writer", "iam", account=OTHER_ACCOUNT)
    ),
}
TOPICS = arns("alarms", "sns", sns.Topic.from_topic_arn)
QUEUES = arns("failed", "sqs", sqs.Queue.from_queue_arn)
QUEUE_RULES = {each: warning("dead_letter_queue") for each in (ANOTHER_ACCOUNT, AN_ARN, A_TOKEN, AN_ARN_OF_AN_ACCOUNT)}
OF_CDK = warning("can only be weak")
NOT_FROM_HERE = warning("can't be changed from here")


def let_in(part: Any) -> None:
    """An imported model is given a resource policy for that."""
    if not isinstance(part, ConfiguredAudienceModel):
        ConfiguredAudienceModelPolicy(part, "Policy", configured_audience_model=part)
    part.grants.start_audience_generation(iam.AccountPrincipal("777788889999"), collaboration_id=ID).assert_success()


MODELS = references("configured-audience-model", ConfiguredAudienceModel.from_configured_audience_model_arn)
DATASETS = references("training-dataset", TrainingDataset.from_training_dataset_arn)

WHATS = [
    What(
        "`ConfiguredAudienceModel(audience_model=)`",
        audience_model,
        lambda scope, part: model(scope, audience_model=part, output=imported_output(scope)),
        references("audience-model", AudienceModel.from_audience_model_arn),
    ),
    What(
        "`ConfiguredAudienceModel(output=)`",
        lambda scope: AudienceOutput(scope, "Shared"),
        lambda scope, part: model(scope, output=part),
    ),
    What(
        "`AudienceOutput(bucket=)`",
        bucket,
        lambda scope, part: model(scope, output=AudienceOutput(scope, "Output", bucket=part)),
        BUCKETS,
        BUCKET_RULES,
    ),
    What(
        "`AudienceOutput(encryption_key=)`",
        key,
        lambda scope, part: model(scope, output=AudienceOutput(scope, "Output", encryption_key=part)),
        KEYS,
        KEY_RULES,
    ),
    What(
        "`AudienceOutput(role=)`",
        role,
        lambda scope, part: model(scope, output=AudienceOutput(scope, "Output", role=part)),
        ROLES,
        {ANOTHER_REGION: WORKS},
    ),
    What(
        "`AudienceOutput(server_access_logs_bucket=)`",
        bucket,
        lambda scope, part: AudienceOutput(scope, "Output", server_access_logs_bucket=part),
        BUCKETS,
        {
            A_NAME: NOT_FROM_HERE,
            "a bucket with another account's number": OF_ANOTHER_ACCOUNT,
            "a bucket with another Region's name": IN_ANOTHER_REGION,
        },
    ),
    What("`TrainingDataset(bucket=)`", bucket, lambda scope, part: dataset(scope, bucket=part), BUCKETS, BUCKET_RULES),
    What(
        "`TrainingDataset(encryption_key=)`",
        key,
        lambda scope, part: dataset(scope, encryption_key=part),
        KEYS,
        KEY_RULES,
    ),
    What(
        "`TrainingDataset(role=)`",
        role,
        lambda scope, part: dataset(scope, role=part),
        ROLES,
        {ANOTHER_REGION: WORKS},
    ),
    What(
        "`TrainingDataset(table=GlueTable.from_table())`",
        lambda scope: glue.CfnTable(
            scope,
            "Table",
            catalog_id=cdk.Stack.of(scope).account,
            database_name="shop",
            table_input=glue.CfnTable.TableInputProperty(name="purchases"),
        ),
        lambda scope, part: dataset(scope, table=GlueTable.from_table(part)),
        expected={ANOTHER_ACCOUNT: warning(f"catalog of account {OTHER_ACCOUNT}")},
    ),
    What(
        "`TrainingDataset(table=GlueTable())`",
        None,
        lambda scope, part: dataset(scope, table=part),
        {
            A_NAME: lambda _: GlueTable("shop", "purchases"),
            "a name in another account's catalog": lambda _: GlueTable("shop", "purchases", catalog_id=OTHER_ACCOUNT),
        },
        {"a name in another account's catalog": warning(f"catalog of account {OTHER_ACCOUNT}")},
    ),
    What(
        "`AudienceModel(training_dataset=)`",
        dataset,
        lambda scope, part: AudienceModel(scope, "AudienceModel", training_dataset=part),
        DATASETS,
    ),
    What(
        "`AudienceModel(training_dataset=)` of CloudFormation's own resource",
        resource_of_dataset,
        lambda scope, part: AudienceModel(scope, "AudienceModel", training_dataset=part),
    ),
    What(
        "`AudienceModel(encryption_key=)`",
        key,
        lambda scope, part: AudienceModel(
            scope,
            "AudienceModel",
            training_dataset=a_dataset(scope, arn("training-dataset", "cleanrooms-ml")),
            encryption_key=part,
        ),
        KEYS,
        KEY_RULES,
    ),
    What(
        "`AudienceModelRetraining(configured_audience_model=)`",
        model,
        lambda scope, part: retraining(scope, configured_audience_model=part),
        MODELS,
        {each: warning("role of the imported") for each in (A_TOKEN, AN_ARN, A_LOOK_UP)},
    ),
    What(
        "`AudienceModelRetraining(training_dataset=)`",
        dataset,
        lambda scope, part: retraining(scope, training_dataset=part),
        DATASETS,
    ),
    What(
        "`AudienceModelRetraining(initial_audience_model=)`",
        audience_model,
        lambda scope, part: retraining(scope, initial_audience_model=part),
        {
            AN_ARN: lambda scope: AudienceModel.from_audience_model_arn(
                scope, "I", arn("audience-model", "cleanrooms-ml")
            )
        },
        {AN_ARN: error("must be an AudienceModel, got an imported audience model")},
    ),
    What(
        "`AudienceModelRetraining(encryption_key=)`",
        key,
        lambda scope, part: retraining(scope, encryption_key=part),
        KEYS,
        KEY_RULES,
    ),
    What(
        "`AudienceModelRetraining(failure_topic=)`",
        topic,
        lambda scope, part: retraining(scope, failure_topic=part),
        TOPICS,
        {AN_ARN: NOT_FROM_HERE, A_TOKEN: NOT_FROM_HERE},
    ),
    What(
        "`AudienceModelRetraining(dead_letter_queue=)`",
        queue,
        lambda scope, part: retraining(scope, dead_letter_queue=part),
        QUEUES,
        QUEUE_RULES,
    ),
    What(
        "`AudienceModelRetraining(log_group=)`",
        lambda scope: logs.LogGroup(scope, "Log"),
        lambda scope, part: retraining(scope, log_group=part),
        {A_NAME: lambda scope: logs.LogGroup.from_log_group_name(scope, "Log", "retrainings")},
    ),
    What(
        "`ConfiguredAudienceModelAssociation(configured_audience_model=)`",
        model,
        lambda scope, part: ConfiguredAudienceModelAssociation(
            scope,
            "Association",
            configured_audience_model=part,
            membership=a_membership(scope, ID),
            manage_resource_policies=False,
        ),
        MODELS,
    ),
    What(
        "`ConfiguredAudienceModelAssociation(membership=)`",
        lambda scope: cleanrooms.CfnMembership(
            scope, "Membership", collaboration_identifier=ID, query_log_status="DISABLED"
        ),
        lambda scope, part: ConfiguredAudienceModelAssociation(
            scope,
            "Association",
            configured_audience_model=ConfiguredAudienceModel.from_configured_audience_model_arn(
                scope, "Theirs", arn("configured-audience-model", "cleanrooms-ml")
            ),
            membership=part,
            manage_resource_policies=False,
        ),
        {
            **arns(f"membership/{ID}", "cleanrooms", Membership.from_membership_arn),
            "its identifier": lambda scope: a_membership(scope, ID),
            A_LOOK_UP: _import(texts("", "")[A_LOOK_UP], Membership.from_membership_identifier),
        },
    ),
    What(
        "`grants.start_audience_generation()` of a model, for an account",
        model,
        lambda _, part: let_in(part),
        MODELS,
        {ANOTHER_REGION: WORKS, ANOTHER_ACCOUNT: WORKS},
    ),
    What(
        "`grants.manage()` of a model, for a role",
        lambda scope: iam.Role(scope, "Person", role_name=unique(scope, "p"), assumed_by=iam.AccountRootPrincipal()),
        lambda scope, part: model(scope, output=imported_output(scope)).grants.manage(part),
        expected={ANOTHER_REGION: WORKS, ANOTHER_ACCOUNT: warning(f"it is of account {OTHER_ACCOUNT}")},
    ),
    What(
        "`CleanRoomsMLMonitoring(retrainings=)`",
        retraining,
        lambda scope, part: CleanRoomsMLMonitoring(scope, "Monitoring", retrainings=[part]),
    ),
    What(
        "`CleanRoomsMLMonitoring(provider=)`",
        lambda scope: CleanRoomsMLProvider(cdk.Stack.of(scope)),
        lambda scope, part: CleanRoomsMLMonitoring(scope, "Monitoring", provider=part),
    ),
    What(
        "`CleanRoomsMLMonitoring(alarm_topic=)`",
        topic,
        lambda scope, part: CleanRoomsMLMonitoring(
            scope, "Monitoring", provider=CleanRoomsMLProvider(cdk.Stack.of(scope)), alarm_topic=part
        ),
        TOPICS,
        {ANOTHER_ACCOUNT: WORKS, AN_ARN_OF_AN_ACCOUNT: NOT_FROM_HERE, AN_ARN: NOT_FROM_HERE, A_TOKEN: NOT_FROM_HERE},
    ),
    What(
        "`CleanRoomsMLProvider(vpc=)`",
        lambda scope: ec2.Vpc(scope, "Vpc", max_azs=2),
        lambda scope, part: CleanRoomsMLProvider(cdk.Stack.of(scope), vpc=part),
    ),
    What(
        "`CleanRoomsMLProvider(role=)`",
        role_of_function,
        lambda scope, part: CleanRoomsMLProvider(cdk.Stack.of(scope), role=part),
        ROLES,
        {ANOTHER_REGION: WORKS, "an ARN, mutable=False": warning("role can't be changed here")},
    ),
    What(
        "`CleanRoomsMLProvider(dead_letter_queue=)`",
        queue,
        lambda scope, part: CleanRoomsMLProvider(cdk.Stack.of(scope), dead_letter_queue=part),
        QUEUES,
        QUEUE_RULES,
    ),
    What(
        "`CleanRoomsMLProvider(log_encryption_key=)`",
        key,
        lambda scope, part: CleanRoomsMLProvider(cdk.Stack.of(scope), log_encryption_key=part),
        KEYS,
        {ANOTHER_ACCOUNT: OF_CDK, AN_ARN: NOT_FROM_HERE, A_TOKEN: NOT_FROM_HERE, AN_ARN_OF_AN_ACCOUNT: NOT_FROM_HERE},
    ),
]


@dataclass(frozen=True, eq=False)
class Row:
    what: What
    source: str

    @property
    def expected(self) -> Expected:
        return self.what.outcome(self.source)

    def define(self, row: Construct) -> None:
        """Puts it together."""
        place = PLACES.get(self.source)
        if place is None:
            stack = cdk.Stack(row, "Stack", env=HERE)
            self.what.use(stack, self.what.imports[self.source](stack))
            return
        where = place(row)
        assert self.what.make is not None
        # A construct around them, as in an application.
        self.what.use(Construct(where.user, "Uses"), self.what.make(Construct(where.part, "Has")))


ROWS = [Row(what, source) for what in WHATS for source in ([*PLACES] if what.make else []) + [*what.imports]]


# The page


_HEAD = """# Composition

What goes together with what, from where. This page is made from the table that the tests run: each line is
defined, synthesised, and looked through for circles of resources that wait for each other.

*Works* means that it is accepted, and that its templates have no circle. What is **refused** is an error at
synthesis that names both values, so that nothing is half deployed. A **warning** says what its owner has to allow,
which can't be done from here.

One rule holds for all: what has to be in the Region, the account and the partition of what uses it is refused where
both are known to differ, whether that is known from a construct, from an ARN given as text, or from a reference. A
stack that doesn't say where it goes (`env`) doesn't know; the service then says so at deployment. What is written
into a policy of another stack names the Region and account that are meant, not those of the other stack.

| parameter | works with one from | with a warning, from | refused, from |
|---|---|---|---|
"""
_WORDS = """
## In words

| it says | of |
|---|---|
"""
_PLACES = """
## From where

* *Another stack*, *the parent stack*, *a nested stack*, *a sibling nested stack*: of the same application, account
  and Region. A nested stack has a function of its own.
* *Another Region*, *another account*: a stack of this application there, with `cross_region_references`, both with
  a known `env`.
* *A name*, *an ARN*: imported with `from_…_name` or `from_…_arn`. *A look-up*:
  `StringParameter.value_from_lookup`, whose first round has a dummy for a value. *A parameter of the stack*: a Token
  that is only known at deployment.

Names and logical ids follow from the name of the stack and the path below it: see [stages](pipelines.md).
"""


def page() -> str:
    """The page of the documentation."""
    lines = [
        f"| {what.name} | {_sources(what, 'works')} | {_sources(what, 'warning')} | {_sources(what, 'error')} |"
        for what in WHATS
    ]
    said: dict[str, set[str]] = {}
    for row in ROWS:
        if row.expected.words:
            said.setdefault(row.expected.words, set()).add(row.source)
    words = [f"| `… {text} …` | {', '.join(sorted(sources))} |" for text, sources in said.items()]
    return _HEAD + "\n".join(lines) + "\n" + _WORDS + "\n".join(words) + "\n" + _PLACES


def _sources(what: What, kind: str) -> str:
    found = [row.source for row in ROWS if row.what is what and row.expected.kind == kind]
    inside = [place for place in PLACES if place not in (ANOTHER_REGION, ANOTHER_ACCOUNT)]
    if set(inside) <= set(found):
        found = ["anywhere in its Region", *(each for each in found if each not in inside)]
    return ", ".join(found) or "—"


if __name__ == "__main__":
    PAGE.write_text(page())
