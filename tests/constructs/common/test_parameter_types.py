"""Whatever is given in place of what a signature says is one more line in the list of problems, no trace of CDK."""

from __future__ import annotations

import inspect
import typing
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import jsii
import pytest
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

import cdk_cleanroomsml as public
from cdk_cleanroomsml import (
    AudienceModelReference,
    AudienceOutput,
    AudienceSizes,
    CleanRoomsMLProvider,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    GlueTable,
    SharedAudienceMetrics,
    TagOnCreatePolicy,
    TrainingColumn,
    TrainingDataset,
)
from cdk_cleanroomsml.common import parameter_types, type_descriptions

from ...references import an_audience_model
from ..conftest import an_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

AUDIENCE_MODEL_ARN = "arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-model/readers"
GIVEN: dict[str, Any] = {
    "shared_audience_metrics": SharedAudienceMetrics.ALL,
}


UNCHECKED: Any = TrainingDataset
OUTPUT: Any = AudienceOutput


class Unlike:
    """An object of no type that anything takes."""


def public_functions() -> Iterator[tuple[str, Callable[..., Any]]]:
    """The constructor and the public methods of each public class but the interfaces."""
    for name in public.__all__:
        cls = getattr(public, name)
        if getattr(cls, "_is_protocol", False):
            continue
        for owner in (each for each in cls.__mro__ if each.__module__.startswith("cdk_cleanroomsml")):
            for member, value in vars(owner).items():
                function = getattr(value, "__func__", value)
                named = member == "__init__" or not member.startswith("_")
                if named and inspect.isfunction(function) and owner.__name__ != "TaggedCustomResource":
                    yield f"{name}.{member}", function


FUNCTIONS = dict(public_functions())
PARAMETERS = [
    (name, parameter)
    for name, function in FUNCTIONS.items()
    for parameter, said in inspect.signature(function).parameters.items()
    if parameter not in ("self", "cls") and said.annotation != "object" and said.kind is not said.VAR_KEYWORD
]


def call(name: str, parameter: str, value: object) -> str:
    """What is said when one parameter is wrong, and all others are missing where they may be, or anything."""
    function = FUNCTIONS[name]
    signature = inspect.signature(function)
    arguments: dict[str, Any] = {}
    for each in signature.parameters.values():
        if each.name in ("self", "cls"):
            cls = getattr(public, name.partition(".")[0])
            arguments[each.name] = cls if each.name == "cls" else object.__new__(Unlike)
        elif each.kind is each.VAR_KEYWORD:
            arguments[each.name] = value if isinstance(value, dict) and each.name == parameter else {}
        elif each.kind is each.VAR_POSITIONAL:
            arguments[each.name] = (value,) if each.name == parameter else ()
        elif each.name == parameter:
            arguments[each.name] = value
        elif each.default is each.empty:
            arguments[each.name] = Unlike()
    bound = inspect.BoundArguments(signature, arguments)
    with pytest.raises(ValueError, match="invalid parameters of") as error:
        function(*bound.args, **bound.kwargs)
    return str(error.value)


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_every_parameter_is_held_to_its_annotation(name: str, parameter: str) -> None:
    (line,) = (each for each in call(name, parameter, Unlike()).splitlines() if f"- {parameter}" in each)
    assert " must be " in line
    assert "got an Unlike" in line
    declared = inspect.signature(FUNCTIONS[name]).parameters[parameter]
    if declared.default is not None and declared.kind is not declared.VAR_POSITIONAL:
        assert f"- {parameter} must be" in call(name, parameter, None)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if ".metric" in name])
def test_the_options_of_metrics_are_held_to_their_annotations(name: str) -> None:
    wrong = {"period": 300, "visible": "no", "dimensions_map": {"a": 1}}
    assert [line.split(",")[0] for line in call(name, "options", wrong).splitlines() if "metric_name" not in line][
        1:
    ] == [
        "  - period must be a cdk.Duration",
        "  - visible must be True or False",
        "  - dimensions_map['a'] must be a text",
    ]


def references() -> Iterator[tuple[str, str, str]]:
    """The parameters that take whatever has a reference, and what that is called."""
    for name, parameter in PARAMETERS:
        hint = parameter_types._hint(
            FUNCTIONS[name].__module__, inspect.signature(FUNCTIONS[name]).parameters[parameter].annotation
        )
        for each in typing.get_args(hint) or (hint,):
            if getattr(each, "_is_protocol", False) and parameter_types._members(each)[0].endswith("_ref"):
                yield name, parameter, parameter_types._members(each)[0]


REFERENCES = list(references())


def foreign(base: Any, member: str, given: object, *scope: Any) -> Any:
    """What a user has written himself: it says what it can be referred to as."""
    members = {member: property(lambda _: given), "__module__": "their_library"}
    return type("Theirs", (base,), members)(*scope)


@pytest.mark.parametrize("kind", sorted({member for *_, member in REFERENCES}))
def test_a_reference_of_ones_own_says_what_it_lacks(stack: cdk.Stack, kind: str) -> None:
    arn = "arn:aws:iam::111122223333:role/theirs"
    stem = kind.removesuffix("_ref")
    good = SimpleNamespace(**dict.fromkeys((f"{stem}_arn", f"{stem}_identifier"), arn))
    lacks = {
        "which is no construct: let it extend cdk.Resource": foreign(object, kind, good),
        "which is no construct and whose": foreign(object, kind, arn),
        "whose env doesn't tell its account and Region: let it": foreign(Construct, kind, good, stack, "NoEnv"),
        f"whose {kind} is '{arn}': return": foreign(cdk.Resource, kind, arn, stack, "Text"),
        f"whose {kind} is None: return": foreign(cdk.Resource, kind, None, stack, "None"),
        f"whose {kind} is a SimpleNamespace without the text {stem}_arn": (
            foreign(cdk.Resource, kind, SimpleNamespace(**{f"{stem}_arn": 1}), stack, "NoArn")
        ),
    }
    for name, parameter in ((name, parameter) for name, parameter, member in REFERENCES if member == kind):
        for words, given in lacks.items():
            (line,) = (each for each in call(name, parameter, given).splitlines() if f"- {parameter} must be" in each)
            assert f", got a Theirs, {words}" in line
        whole = foreign(cdk.Resource, kind, good, stack, f"{name}{parameter}")
        declared = inspect.signature(FUNCTIONS[name]).parameters[parameter]
        assert parameter_types._check(FUNCTIONS[name], declared, whole) == (whole, [])


def test_a_reference_whose_arn_is_none(stack: cdk.Stack) -> None:
    for number, arn in enumerate(("", "readers", "${readers}")):
        named = AudienceModelReference(audience_model_arn=arn)
        theirs = foreign(cdk.Resource, "audience_model_ref", named, stack, f"Nonsense{number}")
        (line,) = problems_of(lambda: model(stack, f"Of{number}", audience_model=theirs))[1:]  # noqa: B023
        assert line.endswith(f", whose audience_model_ref.audience_model_arn is {arn!r}: return an ARN there")
    known_later = AudienceModelReference(audience_model_arn=cdk.Fn.import_value("readers"))
    model(stack, audience_model=foreign(cdk.Resource, "audience_model_ref", known_later, stack, "Later"))


@pytest.mark.parametrize("base", [object, Construct])
def test_what_cdk_does_not_see_is_none_of_its_interfaces(stack: cdk.Stack, base: Any) -> None:
    scope = (stack, "Theirs") if base is Construct else ()
    principal = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())
    theirs = foreign(base, "grant_principal", principal, *scope)
    assert problems_of(lambda: model(stack).grants.read(theirs))[1:] == [
        (
            "grantee must be an iam.IGrantable, got a Theirs, which CDK doesn't know for one: write"
            " @jsii.implements(iam.IGrantable) above its class"
        )
    ]


def test_what_cdk_sees_passes(stack: cdk.Stack) -> None:
    role = iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal())

    @jsii.implements(iam.IGrantable)
    class Theirs:
        """A grantee of a user's own."""

        @property
        def grant_principal(self) -> Any:
            return role

    class More(iam.Role):
        """A role that says something else."""

        @property
        def grant_principal(self) -> Any:
            return super().grant_principal

    grants = model(stack).grants
    grants.read(Theirs()).assert_success()
    grants.read(More(stack, "More", assumed_by=iam.AccountRootPrincipal())).assert_success()


def test_what_has_a_reference_only_is_imported_where_more_is_needed(stack: cdk.Stack) -> None:
    bucket = foreign(cdk.Resource, "bucket_ref", SimpleNamespace(bucket_arn="arn:aws:s3:::theirs"), stack, "Theirs")
    assert problems_of(lambda: AudienceOutput(stack, "Output", bucket=bucket))[1:] == [
        (
            "bucket must be an s3.IBucket, got a Theirs: write s3.Bucket.from_bucket_arn(self, 'Bucket',"
            " ….bucket_ref.bucket_arn)"
        )
    ]


def test_all_of_them_are_there() -> None:
    assert len(REFERENCES) > 20
    assert len(PARAMETERS) > 100
    constructors = {name.partition(".")[0] for name in FUNCTIONS if name.endswith(".__init__")}
    assert {"ConfiguredAudienceModel", "AudienceOutput", "TrainingColumn", "GlueTable"} <= constructors


@pytest.fixture
def stack() -> cdk.Stack:
    return cdk.Stack(an_app(), "Stack")


def model(stack: cdk.Stack, id: str = "Model", **parameters: Any) -> ConfiguredAudienceModel:
    parameters.setdefault("audience_model", an_audience_model(stack, AUDIENCE_MODEL_ARN))
    return ConfiguredAudienceModel(stack, id, **{**GIVEN, **parameters})


def problems_of(define: Callable[[], object]) -> list[str]:
    with pytest.raises(ValueError, match=r".") as error:
        define()
    first, *lines = str(error.value).splitlines()
    return [first, *(line.removeprefix("  - ") for line in lines)]


def test_wrong_types_stand_beside_wrong_values(stack: cdk.Stack) -> None:
    parameters: dict[str, Any] = {"shared_audience_metrics": "ALL", "description": "x" * 256, "output": "out"}
    audience_model: Any = "no"
    path, *lines = problems_of(
        lambda: ConfiguredAudienceModel(stack, "Model", audience_model=audience_model, **parameters)
    )
    assert path == "invalid parameters of 'Stack/Model':"
    assert [line.split()[0] for line in lines] == [
        "audience_model",
        "shared_audience_metrics",
        "output",
        "description",
    ]
    assert stack.node.children == []


@pytest.mark.parametrize(
    ("parameters", "line"),
    [
        (
            {"shared_audience_metrics": "ALL"},
            (
                "shared_audience_metrics must be SharedAudienceMetrics.ALL or .NONE, got 'ALL': write"
                " SharedAudienceMetrics.ALL"
            ),
        ),
        (
            {"audience_model": None},
            (
                "audience_model must be an audience model, got None: was it forgotten, or is it a key of the context"
                " that isn't there?"
            ),
        ),
        ({"min_matching_seed_size": "many"}, "min_matching_seed_size must be a whole number, got 'many'"),
        (
            {"audience_sizes": [1, 5]},
            "audience_sizes must be an AudienceSizes, got [1, 5]: write AudienceSizes.absolute(…) or .percentage(…)",
        ),
        ({"tags": {"team": 1}}, "tags['team'] must be a text, got 1: write '1'"),
        ({"retrained": "false"}, "retrained must be True or False, got 'false': write False"),
        (
            {"removal_policy": "retain"},
            (
                "removal_policy must be cdk.RemovalPolicy.DESTROY or .RETAIN or .RETAIN_ON_UPDATE_OR_DELETE, got"
                " 'retain': write cdk.RemovalPolicy.RETAIN"
            ),
        ),
        (
            {"wait_for_audience_model": 10},
            "wait_for_audience_model must be a cdk.Duration, got 10: write cdk.Duration.minutes(10)",
        ),
        (
            {"shared_audience_metrics": [SharedAudienceMetrics.ALL]},
            (
                "shared_audience_metrics must be SharedAudienceMetrics.ALL or .NONE, got"
                " [SharedAudienceMetrics(value='ALL')]: write SharedAudienceMetrics.ALL without the brackets"
            ),
        ),
        (
            {"shared_audience_metrics": ("NONE",)},
            (
                "shared_audience_metrics must be SharedAudienceMetrics.ALL or .NONE, got ('NONE',): write"
                " SharedAudienceMetrics.NONE"
            ),
        ),
        (
            {"removal_policy": [cdk.RemovalPolicy.RETAIN]},
            (
                "removal_policy must be cdk.RemovalPolicy.DESTROY or .RETAIN or .RETAIN_ON_UPDATE_OR_DELETE, got"
                " [<RemovalPolicy.RETAIN: 'RETAIN'>]: write cdk.RemovalPolicy.RETAIN without the brackets"
            ),
        ),
        (
            {"removal_policy": "snapshot"},
            (
                "removal_policy must be cdk.RemovalPolicy.DESTROY or .RETAIN or .RETAIN_ON_UPDATE_OR_DELETE, got"
                " 'snapshot'"
            ),
        ),
    ],
)
def test_what_is_said_of_a_model(stack: cdk.Stack, parameters: dict[str, Any], line: str) -> None:
    assert problems_of(lambda: model(stack, **parameters))[1:] == [line]


def test_a_text_where_a_construct_is_meant(stack: cdk.Stack) -> None:
    parts: dict[str, Any] = {
        "bucket": "my-bucket",
        "role": "arn:aws:iam::111122223333:role/writer",
        "encryption_key": "alias/exports",
    }
    assert problems_of(lambda: AudienceOutput(stack, "Output", **parts))[1:] == [
        "bucket must be an s3.IBucket, got 'my-bucket': write s3.Bucket.from_bucket_name(self, 'Bucket', 'my-bucket')",
        "encryption_key must be a kms.IKeyRef, got 'alias/exports': write kms.Key.from_key_arn(self, 'Key', 'arn:…')",
        (
            "role must be an iam.IRoleRef, got 'arn:aws:iam::111122223333:role/writer': write"
            " iam.Role.from_role_arn(self, 'Role', 'arn:aws:iam::111122223333:role/writer')"
        ),
    ]
    swapped: dict[str, Any] = {"bucket": kms.Key(stack, "Key"), "encryption_key": s3.Bucket(stack, "Bucket")}
    assert problems_of(lambda: AudienceOutput(stack, "Output", **swapped))[1:] == [
        "bucket must be an s3.IBucket, got a Key",
        "encryption_key must be a kms.IKeyRef, got a Bucket",
    ]


def test_grants_say_whose_they_are(stack: cdk.Stack) -> None:
    grants: Any = model(stack).grants
    arn = "arn:aws:iam::111122223333:role/reader"
    assert problems_of(lambda: grants.read(arn)) == [
        "invalid parameters of 'ConfiguredAudienceModelGrants.read' of 'Stack/Model':",
        f"grantee must be an iam.IGrantable, got '{arn}': write iam.Role.from_role_arn(self, 'Role', '{arn}')",
    ]
    assert problems_of(lambda: grants.read("444455556666"))[1:] == [
        "grantee must be an iam.IGrantable, got '444455556666': write iam.AccountPrincipal('444455556666')"
    ]
    anybody = iam.AccountPrincipal("444455556666")
    assert problems_of(lambda: grants.start_audience_generation(anybody, collaboration_id=7))[1:] == [
        "collaboration_id must be a text, got 7: write '7'"
    ]


@pytest.mark.parametrize("made", ["imported", "l1", "created"])
def test_whatever_is_one_passes(stack: cdk.Stack, made: str) -> None:
    principal: Any = iam.ServicePrincipal("cleanrooms-ml.amazonaws.com")
    role: dict[str, Any] = {
        "imported": lambda: iam.Role.from_role_name(stack, "Role", "writer"),
        "l1": lambda: iam.CfnRole(stack, "Role", assume_role_policy_document={}),
        "created": lambda: iam.Role(stack, "Role", assumed_by=principal),
    }
    key: dict[str, Any] = {
        "imported": lambda: kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:111122223333:key/1"),
        "l1": lambda: kms.CfnKey(stack, "Key"),
        "created": lambda: kms.Key(stack, "Key"),
    }
    output = AudienceOutput(stack, "Output", role=role[made](), encryption_key=key[made]())
    model(stack, output=output)


def test_numbers_of_the_context_are_numbers(stack: cdk.Stack) -> None:
    sizes: Any = AudienceSizes.percentage
    context: dict[str, Any] = {"min_matching_seed_size": "500", "audience_sizes": sizes("1", "5")}
    model(stack, **context)
    (template,) = (
        cdk.assertions.Template.from_stack(stack).find_resources("Custom::CleanRoomsMLConfiguredAudienceModel").values()
    )
    assert template["Properties"]["minMatchingSeedSize"] == 500
    assert template["Properties"]["audienceSizeConfig"]["audienceSizeBins"] == [1, 5]
    for text in ("500.5", "5e2", "", "\u0665", "0x10", "500 users"):
        wrong: dict[str, Any] = {"min_matching_seed_size": text}
        assert problems_of(lambda: model(stack, "Other", **wrong))[1:] == [  # noqa: B023
            f"min_matching_seed_size must be a whole number, got {text!r}"
        ]


def test_a_token_of_another_type(stack: cdk.Stack) -> None:
    token: Any = cdk.Fn.get_att("Other", "Arn")
    assert problems_of(lambda: TrainingDataset.from_training_dataset_arn(stack, "Dataset", token))[1:] == [
        "training_dataset_arn must be a text, got a Token: write cdk.Token.as_string(…)"
    ]


def test_values_in_one_form() -> None:
    sizes: Any = AudienceSizes
    assert problems_of(lambda: sizes.percentage([1, 5]))[1:] == [
        "bins[0] must be a whole number or a Token of a whole list, got [1, 5]: write 1, 5 without the brackets"
    ]
    assert problems_of(lambda: sizes.of("PERCENT", 1)) == [
        (
            "type of AudienceSizes must be ABSOLUTE or PERCENTAGE, got 'PERCENT': write AudienceSizes.absolute(…) or"
            " AudienceSizes.percentage(…)"
        )
    ]
    assert problems_of(lambda: sizes.absolute(1, 5).percentage(3)) == [
        "the sizes of a model are of one type: call AudienceSizes.percentage(…) once, with all sizes"
    ]
    assert problems_of(lambda: SharedAudienceMetrics.of("all")) == [
        "a value of SharedAudienceMetrics must be a word in capitals, got 'all': SharedAudienceMetrics.ALL or .NONE"
    ]
    assert TagOnCreatePolicy.of("FROM_A_LATER_API").value == "FROM_A_LATER_API"
    assert TrainingColumn.of("name", "A_LATER_TYPE").types == ("A_LATER_TYPE",)


def test_a_list_says_which_of_it_is_wrong(stack: cdk.Stack) -> None:
    parts: dict[str, Any] = {"columns": [TrainingColumn.user_id("user"), "item"], "table": GlueTable("db", "table")}
    lines = problems_of(lambda: TrainingDataset(stack, "Dataset", **parts, bucket=s3.Bucket(stack, "Data")))
    assert lines[1] == (
        "columns[1] must be a TrainingColumn, got 'item': write TrainingColumn.user_id(…) or .item_id(…) or"
        " .timestamp(…) or .categorical_feature(…) or .numerical_feature(…)"
    )
    parts["columns"] = TrainingColumn.user_id("user")
    lines = problems_of(lambda: TrainingDataset(stack, "Alone", **parts, bucket=s3.Bucket(stack, "AlonesData")))
    assert lines[1] == (
        "columns must be a list of which each is a TrainingColumn, got a TrainingColumn: put it in brackets"
    )
    arn = "arn:aws:cleanrooms-ml:us-east-1:111122223333:configured-audience-model/1"
    association: dict[str, Any] = {"configured_audience_model": arn, "membership": None}
    lines = problems_of(lambda: ConfiguredAudienceModelAssociation(stack, "Association", **association))
    assert lines[1] == (
        f"configured_audience_model must be a configured audience model, got '{arn}': write"
        f" ConfiguredAudienceModel.from_configured_audience_model_arn(self, 'ConfiguredAudienceModel', '{arn}')"
    )


def test_python_says_what_is_missing_or_unknown(stack: cdk.Stack) -> None:
    define: Any = ConfiguredAudienceModel
    with pytest.raises(TypeError, match="missing 2 required keyword-only arguments: 'audience_model' and"):
        define(stack, "Model")
    with pytest.raises(TypeError, match="unexpected keyword argument 'minMatchingSeedSize'"):
        model(stack, minMatchingSeedSize=500)


def test_every_annotation_can_be_put_in_words() -> None:
    for function in FUNCTIONS.values():
        names = parameter_types._names(function.__module__)
        for parameter in inspect.signature(function).parameters.values():
            if isinstance(parameter.annotation, str):
                hint = eval(parameter.annotation, {}, names)  # noqa: S307 - our own signatures
                assert "typing." not in type_descriptions.words(hint), (function, typing.get_args(hint))


def test_a_given_provider_is_one(stack: cdk.Stack) -> None:
    other: dict[str, Any] = {"runtime": "python3.13", "vpc": "vpc-1"}
    lines = problems_of(lambda: CleanRoomsMLProvider(stack, **other))
    assert [line.split(", got")[0] for line in lines[1:]] == [
        "vpc must be an ec2.IVpc",
        "runtime must be a lambda_.Runtime",
    ]


@pytest.mark.parametrize(
    ("define", "line"),
    [
        (
            lambda s, what: model(s, output=what),
            "output must be an AudienceOutput, got a Bucket: write AudienceOutput(self, 'AudienceOutput', bucket=…)",
        ),
        (
            lambda s, what: OUTPUT(s, "Output", bucket=[what]),
            "leave out the brackets",
        ),
        (
            lambda s, what: UNCHECKED(s, "Dataset", columns=[], bucket=what, table="shop.purchases"),
            "table must be a GlueTable, got 'shop.purchases': write GlueTable('shop', 'purchases')",
        ),
        (
            lambda s, what: UNCHECKED(s, "Dataset", columns=[], bucket=what, table="purchases"),
            "table must be a GlueTable, got 'purchases': write GlueTable(database_name=…, table_name=…)",
        ),
        (
            lambda s, what: UNCHECKED(
                s,
                "Dataset",
                columns=[],
                bucket=what,
                table=glue.CfnTable(s, "Table", catalog_id="1", database_name="d", table_input={}),
            ),
            "table must be a GlueTable, got a CfnTable: write GlueTable.from_table(…)",
        ),
    ],
)
def test_a_part_in_place_of_the_whole(stack: cdk.Stack, define: Callable[[cdk.Stack, Any], object], line: str) -> None:
    bucket = s3.Bucket(stack, "Bucket")
    assert any(each.endswith(line) for each in problems_of(lambda: define(stack, bucket)))


def test_an_imported_bucket_in_place_of_an_output(stack: cdk.Stack) -> None:
    bucket: Any = s3.Bucket.from_bucket_name(stack, "Bucket", "exports")
    (line,) = problems_of(lambda: model(stack, output=bucket))[1:]
    assert line.endswith("write AudienceOutput(self, 'AudienceOutput', bucket=…)")
