"""`generate`: Python that defines what exists under ARNs, exactly as it is."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ..handler.protocol import MARKER_PREFIX, STACK_MARKER
from ..handler.resource_types import RETRAINING_MARKER
from .existing import Existing, Reader
from .outcome import DONE, NOT_KNOWN
from .python_source import Call, Expression, class_like, source, text

if TYPE_CHECKING:
    from argparse import Namespace

    from .account import Account, Members

MOST_TAGS = 44
"""The service takes 50 on a resource, three mark it as its stack's, and an adoption needs three more for a while."""

_TAKEN_FOR = (
    (r"\{\{resolve:", "CloudFormation takes for a dynamic reference"),
    (r"[$#]\{Token\[[-\w.:]*\]\}", "the CDK takes for a value of its own"),
)
"""What can't be said in a text, and who takes it for what."""

_DEFAULT_SEED_SIZE = 500
_SELF = Expression("self")
_FOLDER = re.compile(r"(?!.*\$\{)[^/\s*?]([^\n*?]*[^/\n*?])?")
"""What a prefix of an output may be; any other destination is put in its place as it is."""

_TAKEN = ("BootstrapVersion", "CDKMetadata", "CheckBootstrapVersion", "CleanRoomsMLProvider", "Exports")
"""Ids that the CDK and the provider have in every stack."""

_MODULES = {
    "aws_iam as iam": "iam.",
    "aws_kms as kms": "kms.",
    "aws_s3 as s3": "s3.",
}
_NAMES = (
    "AudienceModel",
    "AudienceOutput",
    "AudienceSizes",
    "ConfiguredAudienceModel",
    "ConfiguredAudienceModelAssociation",
    "ConfiguredAudienceModelPolicy",
    "GlueTable",
    "Membership",
    "SharedAudienceMetrics",
    "TagOnCreatePolicy",
    "TrainingColumn",
    "TrainingDataset",
)


class Program:
    """A program that defines what exists.

    Args:
        found: what that is.
        account: whose it is.
        region: where.
    """

    def __init__(self, found: Existing, account: str, region: str) -> None:
        self._found = found
        self._account = account
        self._region = region
        self._ids: set[str] = set(_TAKEN)
        self._variables: set[str] = set()
        self._made: dict[str, Expression] = {}
        self._statements: list[tuple[str, str]] = []

    def text(self) -> str:
        """The program."""
        found = self._found
        for arn, dataset in found.training_datasets.items():
            self._dataset(arn, dataset)
        for arn, audience_model in found.audience_models.items():
            self._audience_model(arn, audience_model)
        for arn, model in found.configured_audience_models.items():
            self._model(arn, model)
        for arn, association in found.associations.items():
            self._association(arn, association)
        body = self._body()
        place = Call("cdk.Environment", (), {"account": self._account, "region": self._region})
        stack = source(Call("Existing", (Expression("app"), "Existing"), {"env": place}), "    ", 4)
        return "".join(
            [
                f'"""{self._title()}"""\n\n',
                self._imports(body),
                '\n\nclass Existing(cdk.Stack):\n    """What exists, as it is."""\n\n',
                "    def __init__(self, scope: Construct, id: str, *, env: cdk.Environment) -> None:\n",
                "        super().__init__(scope, id, env=env)\n",
                body,
                '\n\nif __name__ == "__main__":\n    app = cdk.App()\n',
                f"    {stack}\n    app.synth()\n",
            ]
        )

    def _body(self) -> str:
        """The statements; what isn't used again has no variable."""
        written = [statement for _, statement in self._statements]
        used = {name for name in self._variables if re.search(rf"\b{name}[,.)\n]", "\n".join(written))}
        return "".join(
            f"        {f'{name} = ' if name in used else ''}{statement}\n" for name, statement in self._statements
        )

    def _title(self) -> str:
        place = f"account {self._account}, {self._region}"
        return f"What exists in {place}: deploying this takes it over, and changes nothing."

    def _imports(self, body: str) -> str:
        lines = []
        if "datetime(" in body:
            lines.append("from datetime import datetime, timezone\n")
        if "cast(" in body:
            lines.append("from typing import cast\n")
        lines += ["\n"] if lines else []
        lines.append("import aws_cdk as cdk\n")
        lines += [f"from aws_cdk import {module}\n" for module, used in _MODULES.items() if used in body]
        names = [name for name in _NAMES if re.search(rf"\b{name}[(.]", body)]
        inner = "".join(f"    {name},\n" for name in names)
        listed = names[0] if len(names) == 1 else f"(\n{inner})"
        lines.append(f"from cdk_cleanroomsml import {listed}\nfrom constructs import Construct\n")
        return "".join(lines)

    # Resources

    def _dataset(self, arn: str, dataset: Members) -> None:
        interactions = dataset["trainingData"][0]["inputConfig"]
        table = interactions["dataSource"]["glueDataSource"]
        bucket, prefix = self._location(arn)
        keywords = {
            "columns": [
                Call("TrainingColumn.of", (each["columnName"], *each["columnTypes"])) for each in interactions["schema"]
            ],
            "table": Call(
                "GlueTable",
                (),
                {
                    "database_name": table["databaseName"],
                    "table_name": table["tableName"],
                    "catalog_id": table.get("catalogId"),
                },
            ),
            "bucket": bucket,
            "prefix": prefix,
            "role": self._role(dataset["roleArn"]),
            "training_dataset_name": dataset["name"],
            "description": dataset.get("description") or None,
            "tags": self._tags(arn, dataset),
        }
        note = "# CloudFormation's own type: `cdk import` takes it over, a deployment would create it anew."
        self._statements.append(("", note))
        self._define("dataset", "TrainingDataset", arn, dataset["name"], keywords, adopts=False)

    def _audience_model(self, arn: str, audience_model: Members) -> None:
        if RETRAINING_MARKER in (audience_model.get("tags") or {}):
            # The retraining's, which a stack must not take from it.
            self._made[arn] = self._import("AudienceModel", "from_audience_model_arn", arn, "audience_model")
            return
        keywords = {
            "training_dataset": self._dataset_of(audience_model["trainingDatasetArn"]),
            "audience_model_name": audience_model["name"],
            "training_data_start_time": _time(audience_model.get("trainingDataStartTime")),
            "training_data_end_time": _time(audience_model.get("trainingDataEndTime")),
            "encryption_key": self._key(audience_model.get("kmsKeyArn", "")),
            "description": audience_model.get("description") or None,
            "tags": self._tags(arn, audience_model),
        }
        self._define("audience_model", "AudienceModel", arn, audience_model["name"], keywords)

    def _model(self, arn: str, model: Members) -> None:
        output, overrides = self._output(model)
        sizes, exact = _sizes(model.get("audienceSizeConfig"))
        if exact:
            overrides["audienceSizeConfig.audienceSizeBins"] = exact
        seed_size = model.get("minMatchingSeedSize", _DEFAULT_SEED_SIZE)
        keywords = {
            "audience_model": self._made[model["audienceModelArn"]],
            "shared_audience_metrics": _enum(
                "SharedAudienceMetrics", model["sharedAudienceMetrics"][0], ("ALL", "NONE")
            ),
            "configured_audience_model_name": model["name"],
            "output": output,
            "description": model.get("description") or None,
            "min_matching_seed_size": None if seed_size == _DEFAULT_SEED_SIZE else seed_size,
            "audience_sizes": sizes,
            "child_resource_tag_on_create_policy": _enum(
                "TagOnCreatePolicy", model.get("childResourceTagOnCreatePolicy"), ("FROM_PARENT_RESOURCE", "NONE")
            ),
            "tags": self._tags(arn, model),
        }
        made = self._define("model", "ConfiguredAudienceModel", arn, model["name"], keywords)
        for path, value in overrides.items():
            self._override(made, path, value)
        if arn in self._found.policies:
            self._policy(made, arn, self._found.policies[arn])

    def _policy(self, model: Expression, arn: str, document: dict[str, Any]) -> None:
        statements = document.get("Statement", [])
        statements = statements if isinstance(statements, list) else [statements]
        itself = Expression(f"{model.text}.configured_audience_model_arn")
        keywords = {"configured_audience_model": model, "adopt": True}
        policy = self._assign(
            "policy", Call("ConfiguredAudienceModelPolicy", (_SELF, self._id("", "Policy")), keywords)
        )
        shown = _replaced(statements, arn, itself)
        for statement in shown:
            call = Call("iam.PolicyStatement.from_json", (statement,))
            self._add(Call(f"{model.text}.add_to_resource_policy", (call,)))
        if not _is_kept(document, statements):
            # The CDK would put these statements in another way.
            exact = _replaced(document, arn, itself)
            self._override(policy, "configuredAudienceModelPolicy", exact)

    def _association(self, arn: str, association: Members) -> None:
        membership = self._import("Membership", "from_membership_identifier", association["membershipId"])
        model_arn = association["configuredAudienceModelArn"]
        if model_arn not in self._made:
            imported = self._import("ConfiguredAudienceModel", "from_configured_audience_model_arn", model_arn, "model")
            self._made[model_arn] = imported
        keywords = {
            "configured_audience_model": self._made[model_arn],
            "membership": membership,
            "configured_audience_model_association_name": association["name"],
            "manage_resource_policies": association["manageResourcePolicies"],
            "description": association.get("description") or None,
            "tags": self._tags(arn, association),
        }
        self._define("association", "ConfiguredAudienceModelAssociation", arn, association["name"], keywords)

    # Parts

    def _output(self, model: Members) -> tuple[Expression, dict[str, Any]]:
        """The output of a model, and what has to be put in its place as it is."""
        config = model["outputConfig"]
        uri, role_arn = config["destination"]["s3Destination"]["s3Uri"], config["roleArn"]
        bucket, prefix = self._split(uri)
        parts = {"bucket": self._bucket(bucket), "role": self._role(role_arn), "prefix": prefix}
        output = self._once(f"output {uri} {role_arn}", "output", "AudienceOutput", (), parts)
        written = f"s3://{bucket}/{f'{prefix}/' if prefix else ''}"
        return output, {} if written == uri else {"outputConfig.destination.s3Destination.s3Uri": uri}

    def _location(self, arn: str) -> tuple[Expression, str | None]:
        uri = self._found.locations.get(arn)
        if uri is None:
            return self._bucket("where-the-data-lies"), None
        bucket, prefix = self._split(uri)
        return self._bucket(bucket), prefix

    def _split(self, uri: str) -> tuple[str, str | None]:
        """A bucket, and a prefix if that can be one."""
        bucket, _, path = uri.removeprefix("s3://").partition("/")
        prefix = path.removesuffix("/")
        return bucket, prefix if _FOLDER.fullmatch(prefix) else None

    def _bucket(self, name: str) -> Expression:
        attributes = {"bucket_name": name, "encryption_key": self._key(self._found.keys.get(name, ""))}
        return self._once(f"bucket {name}", "bucket", "s3.Bucket.from_bucket_attributes", (), attributes)

    def _key(self, arn: str) -> Expression | None:
        if not re.fullmatch(r"arn:[^:]+:kms:[^:]+:\d{12}:key/.+", arn):
            return None
        return self._import("kms.Key", "from_key_arn", arn, "key")

    def _role(self, arn: str) -> Expression:
        return self._import("iam.Role", "from_role_arn", arn, "role", mutable=False)

    def _dataset_of(self, arn: str) -> Expression:
        if arn not in self._made:
            self._made[arn] = self._import("TrainingDataset", "from_training_dataset_arn", arn, "dataset")
        return self._made[arn]

    def _tags(self, arn: str, members: Members) -> dict[str, str] | None:
        """The tags of its own: neither markers nor AWS's."""
        tags = members.get("tags") or {}
        if STACK_MARKER in tags:
            self._found.notes.append(
                f"{arn} is marked as a resource of {tags[STACK_MARKER]}: if that still has it, it must let it go first"
            )
        own = {
            key: value for key, value in tags.items() if not key.startswith(MARKER_PREFIX) and key[:4].lower() != "aws:"
        }
        if len(own) > MOST_TAGS:
            self._found.notes.append(
                f"{arn} has {len(own)} tags, at most {MOST_TAGS} leave room for its markers: take some away first"
            )
        return own or None

    # Text

    def _define(
        self, variable: str, construct: str, arn: str, name: str, keywords: dict[str, Any], *, adopts: bool = True
    ) -> Expression:
        adopt = {"adopt": arn} if adopts else {}
        id_ = self._id(name, "".join(word.title() for word in variable.split("_")))
        self._made[arn] = self._assign(variable, Call(construct, (_SELF, id_), {**adopt, **keywords}))
        return self._made[arn]

    def _import(self, class_: str, method: str, name: str, variable: str = "", **keywords: object) -> Expression:
        """What is defined elsewhere."""
        return self._once(f"{class_} {name}", variable or class_.lower(), f"{class_}.{method}", (name,), keywords)

    def _once(
        self, key: str, variable: str, function: str, arguments: tuple[Any, ...], keywords: dict[str, Any]
    ) -> Expression:
        """What is there for a key, made when it is first needed."""
        if key not in self._made:
            id_ = self._id("", "".join(word.title() for word in variable.split("_")))
            self._made[key] = self._assign(variable, Call(function, (_SELF, id_, *arguments), keywords))
        return self._made[key]

    def _assign(self, variable: str, call: Call) -> Expression:
        name = _free(variable, self._variables, "_")
        self._statements.append((name, source(call, " " * 8, len(f"        {name} = "))))
        return Expression(name)

    def _add(self, call: Call) -> None:
        self._statements.append(("", source(call, " " * 8, 8)))

    def _override(self, made: Expression, path: str, value: Any) -> None:  # noqa: ANN401 - JSON
        resource = source(Call("cast", ("cdk.CfnResource", Expression(f"{made.text}.node.default_child"))))
        self._add(Call(f"{resource}.add_property_override", (path, value)))

    def _id(self, name: str, otherwise: str) -> str:
        return _free(class_like(name, otherwise) if name else otherwise, self._ids, "")


def run(account: Account, options: Namespace) -> int:
    """Carries out the subcommand."""
    found = Reader(account).read(options.arns)
    program = Program(found, account.id, account.region).text()
    for pattern, taken in _TAKEN_FOR:
        found.notes += [
            f"a text holds '{each}', which {taken}: change it first"
            for each in dict.fromkeys(re.findall(pattern, program, re.ASCII))
        ]
    if account.screen.as_json:
        account.screen.document({"python": program, "notes": found.notes})
    else:
        account.screen.program(program)
        for note in found.notes:
            account.screen.note(note)
    return NOT_KNOWN if found.notes else DONE


def _free(name: str, taken: set[str], separator: str) -> str:
    """A name that isn't taken yet."""
    number, free = 2, name
    while free in taken:
        number, free = number + 1, f"{name}{separator}{number}"
    taken.add(free)
    return free


def _enum(name: str, value: str | None, known: tuple[str, ...]) -> Expression | None:
    if value is None:
        return None
    return Expression(f"{name}.{value}" if value in known else f"{name}.of({text(value)})")


def _time(value: datetime | None) -> Expression | None:
    if value is None:
        return None
    utc = value.astimezone(timezone.utc)
    parts = [utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond]
    while len(parts) > 3 and not parts[-1]:
        parts.pop()
    return Expression(f"datetime({', '.join(map(str, parts))}, tzinfo=timezone.utc)")


def _sizes(config: Members | None) -> tuple[Call | None, list[int]]:
    """The sizes, and the whole list where the constructs don't take it, because a size is in it twice."""
    if not config:
        return None, []
    bins = config["audienceSizeBins"]
    taken = list(dict.fromkeys(bins))
    type_ = config["audienceSizeType"]
    known = type_ in ("ABSOLUTE", "PERCENTAGE")
    made = Call(f"AudienceSizes.{type_.lower()}", tuple(taken)) if known else Call("AudienceSizes.of", (type_, *taken))
    return made, [] if taken == bins else bins


def _replaced(value: Any, arn: str, by: Expression) -> Any:  # noqa: ANN401 - JSON
    """A document with the model's ARN as the construct's attribute."""
    if isinstance(value, dict):
        return {name: _replaced(each, arn, by) for name, each in value.items()}
    if isinstance(value, list):
        return [_replaced(each, arn, by) for each in value]
    return by if value == arn else value


def _is_kept(document: dict[str, Any], statements: list[Any]) -> bool:
    """Whether the CDK puts the statements as they are: it joins those that differ in one of three parts only."""
    if set(document) != {"Version", "Statement"} or document["Version"] != "2012-10-17":
        return False
    for number, one in enumerate(statements):
        if "Sid" in one or not {"Effect", "Action", "Resource", "Principal"} <= set(one):
            return False
        for other in statements[number + 1 :]:
            rest = one.get("Condition") == other.get("Condition") and one["Effect"] == other["Effect"]
            same = sum(one[part] == other.get(part) for part in ("Action", "Resource", "Principal"))
            if rest and same >= 2:
                return False
    return True
