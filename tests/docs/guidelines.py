"""The constructs held against the CDK's design guidelines, by what is in the code: a table for the page of the design.

`python -m tests.docs.guidelines` writes the table anew.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk.interfaces import IEnvironmentAware, aws_cleanroomsml
from constructs import Construct, IConstruct

import cdk_cleanroomsml as public

from ..constructs.composition.test_chain import define_chain

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parents[2] / "docs" / "design.md"
HEADING = "## Held against the CDK's guidelines\n"


def constructs() -> dict[str, type]:
    """The constructs that a program defines, by their names."""
    found = {name: getattr(public, name) for name in public.__all__}
    return {
        name: each
        for name, each in found.items()
        if hasattr(each, "is_construct") and not getattr(each, "_is_protocol", False)
    }


def instances() -> dict[str, Construct]:
    """One of each, as it is in an application."""
    stack = cdk.Stack(cdk.App(builtin_cloud_formation_validation=False), "Stack")
    define_chain(stack)
    return {type(each).__name__: each for each in stack.node.find_all() if isinstance(each, Construct)}


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def has_interface(name: str, cls: type, _: Construct) -> bool:
    """`IFoo` is an `IResource` and has what every interface here has; `IFooRef` is a construct with a place."""
    interface = getattr(public, f"I{name}", None)
    if interface is None:
        return False
    reference: Any = getattr(public, f"I{name}Ref", None) or getattr(aws_cleanroomsml, f"I{name}Ref")
    assert {cdk.IResource, reference} <= set(interface.__mro__)
    assert {IConstruct, IEnvironmentAware} <= set(reference.__mro__)
    assert f"{snake(name)}_ref" in vars(reference)
    return all(hasattr(cls, f"{snake(name)}_{each}") for each in ("ref", "arn"))


def has_imports(name: str, cls: type, _: Construct) -> bool:
    return all(hasattr(cls, f"from_{snake(name)}_{each}") for each in ("arn", "attributes"))


def has_type_check(name: str, cls: type, made: Construct) -> bool:
    check: Callable[[object], bool] = getattr(cls, f"is_{snake(name)}", lambda _: False)
    return check(made) and not check(made.node.root)


def has_grants(name: str, _: type, made: Construct) -> bool:
    facade = getattr(public, f"{name}Grants", None)
    if facade is None:
        return False
    return isinstance(getattr(made, "grants", None), facade) and hasattr(facade, f"from_{snake(name)}")


def has_principal(_: str, cls: type, made: Construct) -> bool:
    """Whether it can be granted something: what has a role that acts for it."""
    return hasattr(cls, "grant_principal") and iam.Role.is_role(getattr(made, "role"))  # noqa: B009 - not all have one


def has_default_child(_: str, __: type, made: Construct) -> bool:
    return isinstance(made.node.default_child, cdk.CfnResource)


def has_injection_id(name: str, cls: type, _: Construct) -> bool:
    return getattr(cls, "PROPERTY_INJECTION_ID", "") == f"cdk-cleanroomsml.{name}"


def has_metrics(_: str, cls: type, __: Construct) -> bool:
    return hasattr(cls, "metric") and any(each.startswith("metric_") for each in dir(cls))


def has_removal_policy(_: str, cls: type, __: Construct) -> bool:
    parameters = {"removal_policy", "log_removal_policy"} & set(vars(cls)["__init__"].__annotations__)
    return hasattr(cls, "apply_removal_policy") or bool(parameters)


def has_tags(_: str, __: type, made: Construct) -> bool:
    """Whether ``cdk.Tags`` reaches it, or what it is made of."""
    return any(cdk.TagManager.is_taggable(each) or hasattr(each, "cdk_tag_manager") for each in made.node.find_all())


GUIDELINES: dict[str, Callable[[str, type, Construct], bool]] = {
    "interface and reference": has_interface,
    "imports": has_imports,
    "type check": has_type_check,
    "grants": has_grants,
    "is a grantee": has_principal,
    "default child": has_default_child,
    "injection id": has_injection_id,
    "metrics": has_metrics,
    "removal policy": has_removal_policy,
    "tags": has_tags,
}

_OUTPUT, _POLICY, _RETRAINING = "AudienceOutput", "ConfiguredAudienceModelPolicy", "AudienceModelRetraining"
_MONITORING, _PROVIDER, _SEED = "CleanRoomsMLMonitoring", "CleanRoomsMLProvider", "SeedAudience"
_NO_METRICS = "the service publishes none; the age of what is in use is a metric of the retraining"
_OF_PARTS = "is made of constructs of CDK, which have theirs"

NOT_APPLICABLE: dict[tuple[str, str], str] = {
    **{
        (name, guideline): f"{_OF_PARTS}: nothing takes it but by its class"
        for name in (_OUTPUT, _RETRAINING, _MONITORING, _PROVIDER, _SEED)
        for guideline in ("interface and reference", "imports", "type check")
    },
    **{
        (_POLICY, guideline): "a model has one, which is reached by the model"
        for guideline in ("interface and reference", "imports", "type check", "grants")
    },
    (_OUTPUT, "grants"): "the bucket and the key have theirs: `output.bucket.grant_read`",
    (_SEED, "grants"): "the role is passed: `grants.start_audience_generation(…, seed_role=seed.role)`",
    (_SEED, "metrics"): "those of the bucket are S3's",
    (_SEED, "removal policy"): "holds no data: the bucket is yours",
    **{
        (name, "is a grantee"): "nothing acts for it"
        for name in ("AudienceModel", "ConfiguredAudienceModelAssociation", _MONITORING, _POLICY)
    },
    ("ConfiguredAudienceModel", "is a grantee"): "the role is its output's, which is one",
    (_PROVIDER, "is a grantee"): "the function is one: `provider.function`",
    (_MONITORING, "grants"): "there is nothing to be allowed on it",
    (_PROVIDER, "grants"): "only CloudFormation calls the function",
    (_RETRAINING, "grants"): "one permission only, `grant_start_execution`",
    **{
        (name, "default child"): "none of its parts is what it stands for"
        for name in (_OUTPUT, _RETRAINING, _MONITORING, _PROVIDER, _SEED)
    },
    **{
        (name, "metrics"): _NO_METRICS
        for name in (
            "AudienceModel",
            "ConfiguredAudienceModel",
            "ConfiguredAudienceModelAssociation",
            "TrainingDataset",
        )
    },
    (_POLICY, "metrics"): "the service publishes none",
    (_OUTPUT, "metrics"): "those of the bucket are S3's",
    (_MONITORING, "metrics"): "it shows those of what it watches",
    (_RETRAINING, "removal policy"): "holds no data; `cdk.RemovalPolicies` reaches its parts",
    (_MONITORING, "removal policy"): "holds no data; `cdk.RemovalPolicies` reaches its parts",
    (_POLICY, "tags"): "the API has none for it",
}


def section() -> str:
    """The section of the page, with its heading."""
    made = instances()
    lines = [f"| construct | {' | '.join(GUIDELINES)} |", f"|---|{'---|' * len(GUIDELINES)}"]
    for name, cls in constructs().items():
        marks = [mark(name, cls, made[name], guideline) for guideline in GUIDELINES]
        lines.append(f"| `{name}` | {' | '.join(marks)} |")
    reasons = [
        f"* {', '.join(guidelines)} of {', '.join(f'`{name}`' for name in names)}: {why}."
        for why in dict.fromkeys(NOT_APPLICABLE.values())
        for names, guidelines in [_of(why)]
    ]
    return _HEAD + "\n".join(lines) + "\n\nNot applicable (—):\n\n" + "\n".join(reasons) + "\n"


def _of(why: str) -> tuple[list[str], list[str]]:
    """The constructs and the guidelines that a reason is given for."""
    found = [of for of, reason in NOT_APPLICABLE.items() if reason == why]
    return list(dict.fromkeys(name for name, _ in found)), list(dict.fromkeys(guideline for _, guideline in found))


def mark(name: str, cls: type, made: Construct, guideline: str) -> str:
    return "✔" if GUIDELINES[guideline](name, cls, made) else "—" if (name, guideline) in NOT_APPLICABLE else "**no**"


_HEAD = f"""{HEADING}
A test makes this table from the code. The guidelines are those of the CDK's repository: an `IFoo` that is an
`IResource` and has a reference (`foo_ref`); `from_foo_arn` and `from_foo_attributes`; `is_foo`; `foo.grants`, which
`FooGrants.from_foo` makes of whatever refers to one; `grant_principal` of what has a role; the resource as `Resource`,
the default child; `PROPERTY_INJECTION_ID`; `metric_…`; `apply_removal_policy` or a parameter for it; tags that
`cdk.Tags` adds.

Otherwise than they say, on purpose: `from_foo_arn` and its siblings refuse what can't be one, because a slip would else
be told by a service, in a deployment; a reference interface is written here where CloudFormation has no type that CDK
could make it of.

"""


def written(page: str) -> str:
    """The section as it stands on the page."""
    _, _, after = page.partition(HEADING)
    text, _, _ = after.partition("\n## ")
    return HEADING + text.rstrip("\n") + "\n"


if __name__ == "__main__":
    old = PAGE.read_text()
    PAGE.write_text(old.replace(written(old), section()) if HEADING in old else f"{old.rstrip()}\n\n{section()}")
