"""What is wrong with the parameters of a construct, said all at once.

A value that is only known at deployment (a Token) passes: the service checks it then. CDK is only asked whether a value
is one when it breaks a rule, because asking costs more than checking.
"""

from __future__ import annotations

import math
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aws_cdk as cdk

from .articles import with_article
from .environment import (
    Environment,
    Resource,
    environment_of,
    environment_of_resource,
    is_dummy,
    is_token,
    known_to_differ,
)
from .keys import are_known_to_differ, key_arn_of
from .limits import (
    ACCOUNT_ID_LENGTH,
    ACCOUNT_PATTERN,
    ARN_LENGTH,
    ARN_PATTERN,
    DESCRIPTION_LENGTH,
    DESCRIPTION_PATTERN,
    KMS_KEY_ARN_PATTERN,
    MARKER_PREFIX,
    NAME_LENGTH,
    NAME_PATTERN,
    POLICY_TEXT_PATTERN,
    TAG_KEY_LENGTH,
    TAG_PATTERN,
    TAG_VALUE_LENGTH,
    TAGS,
    UNMARKED_TAGS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import jsii
    from aws_cdk import aws_s3 as s3
    from aws_cdk.interfaces.aws_kms import IKeyRef
    from constructs import Construct


class ParametersError(ValueError):
    """Parameters break the rules; the message has a line for each problem."""


_KNOWN: list[str] = []
"""Problems that are known before a constructor looks for its own: wrong types."""


@contextmanager
def known(problems: list[str]) -> Iterator[None]:
    """The first list of problems that is begun within begins with these."""
    _KNOWN.extend(problems)
    try:
        yield
    finally:
        _KNOWN.clear()


def _take_known() -> list[str]:
    taken = list(_KNOWN)
    _KNOWN.clear()
    return taken


@dataclass
class Problems:
    """What is wrong with the parameters of one construct, said all at once.

    Attributes:
        scope: What the construct belongs to, or what a call is of; ``None`` where there is neither.
        id: The construct's; "" for a call.
        call: The method, with its class, where it is a call.
    """

    scope: Construct | None
    id: str
    found: list[str] = field(default_factory=_take_known)
    call: str = ""

    def text(
        self,
        parameter: str,
        value: str | None,
        *,
        length: tuple[int, int],
        pattern: str = "",
        allowed: str = "",
    ) -> None:
        """Checks the length and the characters of a string.

        Args:
            parameter: The parameter's name, as the user wrote it.
            value: Its value; ``None``, Tokens and dummies of look-ups that are still to be made pass.
            length: The fewest and the most characters.
            pattern: What the whole value must match.
            allowed: The pattern in words.
        """
        if value is None:
            return
        least, most = length
        broken = []
        if not least <= len(value) <= most:
            number = f"{least} to {most}" if least < most else f"{most}"
            broken.append(f"{parameter} must have {number} characters, got {len(value)}: {value[:80]!r}")
        if pattern and not re.fullmatch(pattern, value):
            broken.append(f"{parameter} must be {allowed}, got {value[:200]!r}")
        if broken and not is_token(value) and not is_dummy(value):
            self.found += broken

    def name(self, parameter: str, value: str | None, *, length: tuple[int, int] = NAME_LENGTH) -> None:
        """Checks the name of a resource, or how it begins."""
        allowed = "printable characters on one line, not only spaces"
        self.text(parameter, value, length=length, pattern=NAME_PATTERN, allowed=allowed)

    def description(self, value: str | None) -> None:
        """Checks the parameter `description`."""
        allowed = "printable characters and line breaks"
        self.text("description", value, length=DESCRIPTION_LENGTH, pattern=DESCRIPTION_PATTERN, allowed=allowed)

    def arn(self, parameter: str, value: str, kind: str) -> None:
        """Checks the ARN of a resource of Clean Rooms ML.

        Args:
            parameter: The parameter's name, as the user wrote it.
            value: Its value; Tokens pass.
            kind: The kind as it stands in an ARN, such as ``audience-model``.
        """
        named = with_article(kind.replace("-", " "))
        allowed = f"the ARN of {named}, arn:aws:cleanrooms-ml:<region>:<account>:{kind}/<id>"
        self.text(parameter, value, length=ARN_LENGTH, pattern=ARN_PATTERN.format(kind=kind), allowed=allowed)

    def account(self, parameter: str, value: str | None) -> None:
        """Checks the id of an account."""
        self.text(
            parameter, value, length=ACCOUNT_ID_LENGTH, pattern=ACCOUNT_PATTERN, allowed="the 12 digits of an account"
        )

    def number(self, parameter: str, value: jsii.Number | None, bounds: tuple[int, int]) -> None:
        """Checks a whole number between two bounds, both allowed.

        Args:
            parameter: The parameter's name, as the user wrote it.
            value: Its value; ``None`` and Tokens pass.
            bounds: The smallest and the largest allowed number.
        """
        if value is None:
            return
        least, most = bounds
        # What isn't finite can't be a Token, and must not reach CDK, which speaks JSON to its kernel.
        whole = not isinstance(value, bool) and math.isfinite(value) and value == int(value)
        if whole and (least <= value <= most or cdk.Token.is_unresolved(value)):
            return
        self.found.append(f"{parameter} must be a whole number from {least} to {most}, got {value!r}")

    def key(self, parameter: str, arn: str | None) -> None:
        """Checks that it is a key and no alias, whose ARN shows that even where the rest of it is a Token."""
        if arn is not None and ":alias/" in arn:
            self.found.append(f"{parameter} must be a key, got an alias: {arn!r}")
        self.policy_text(parameter, arn)
        self.text(
            parameter,
            arn,
            length=ARN_LENGTH,
            pattern=KMS_KEY_ARN_PATTERN,
            allowed="a key and no alias, arn:aws:kms:<region>:<account>:key/<id>",
        )

    def policy_text(self, parameter: str, value: str | None) -> None:
        """Checks that what is written into a policy means itself and nothing else."""
        allowed = "without *, ? and ${, which IAM takes for wildcards and variables"
        self.text(parameter, value, length=ARN_LENGTH, pattern=POLICY_TEXT_PATTERN, allowed=allowed)

    def key_of_bucket(self, parameter: str, key: IKeyRef | None, bucket: s3.IBucket) -> None:
        """Checks that a key that is given with a bucket is not another than the bucket is known to have."""
        own = bucket.encryption_key
        for name, each in ((parameter, key), ("bucket's key", own)):
            self.policy_text(name, None if each is None else key_arn_of(each))
        if key is not None and own is not None and are_known_to_differ(key, own):
            self.found.append(
                f"{parameter} {_shown(key)} is not the bucket's, {_shown(own)}: it is the bucket's key that must be"
                f" used: leave {parameter} out"
            )

    def tags(self, parameter: str, value: Mapping[str, str] | None, *, marked: bool = True, ours: int = 0) -> None:
        """Checks the number of tags, and each key and value.

        Args:
            parameter: The parameter's name, as the user wrote it.
            value: Its value; ``None`` and Tokens pass.
            marked: Whether the provider adds its own.
            ours: How many others are added.
        """
        if value is None:
            return
        _, most = TAGS if marked else UNMARKED_TAGS
        most -= ours
        if len(value) > most:
            markers = ", and three mark the model as its stack's" if marked else ""
            self.found.append(
                f"{parameter} must be at most {most}, got {len(value)}: the service allows 50 on a resource{markers}"
            )
        allowed = "of letters, numbers, spaces and + - = . _ : / @"
        for key, text in value.items():
            if (marked or ours) and _is_known_at_deployment(key):
                self.found.append(
                    f"{parameter} key must be known at synthesis, got a Token, {key!r}: CloudFormation takes none for a"
                    " name; its value may be one"
                )
            self.text(f"{parameter} key", key, length=TAG_KEY_LENGTH, pattern=TAG_PATTERN, allowed=allowed)
            if key.startswith(MARKER_PREFIX):
                self.found.append(
                    f"{parameter} key must not start with {MARKER_PREFIX!r}, which is for the tags that mark a"
                    f" resource as its stack's, got {key!r}"
                )
            if key.lower().startswith("aws:"):
                self.found.append(f"{parameter} key must not start with 'aws:', which is AWS's own, got {key!r}")
            self.text(f"{parameter}[{key!r}]", text, length=TAG_VALUE_LENGTH, pattern=TAG_PATTERN, allowed=allowed)

    def same(self, parameter: str, value: str, expected: str, rule: str) -> None:
        """Checks that two values that are both known are the same.

        Args:
            parameter: The parameter's name, as the user wrote it.
            value: Its value.
            expected: What it must be.
            rule: Why, and what to change.
        """
        if known_to_differ(value, expected):
            self.found.append(f"{parameter} {value!r} is not {expected!r}: {rule}")

    def environment(
        self, parameter: str, where: Environment, stack: cdk.Stack, rule: str, *, account: bool = True
    ) -> None:
        """Checks that something is where a stack is deployed, as far as both are known.

        Args:
            parameter: The parameter's name, as the user wrote it.
            where: Where it is.
            stack: The stack.
            rule: Why, and what to change.
            account: Whether it must be of the stack's account, too.
        """
        here = environment_of(stack)
        self.same(f"{parameter}'s partition", where.partition, here.partition, rule)
        self.same(f"{parameter}'s Region", where.region, here.region, rule)
        if account:
            self.same(f"{parameter}'s account", where.account, here.account, rule)

    def resource(
        self, parameter: str, resource: Resource | None, stack: cdk.Stack, rule: str, *, account: bool = True
    ) -> None:
        """Checks that a resource, created or imported, is where a stack is deployed; ``None`` passes."""
        if resource is not None:
            self.environment(parameter, environment_of_resource(resource), stack, rule, account=account)

    def raise_if_any(self) -> None:
        """Raises what was found.

        Raises:
            ParametersError: Something was; the message has a line for each problem.
        """
        if self.found:
            problems = "\n".join(f"  - {problem}" for problem in self.found)
            path = "/".join(part for part in (self.scope.node.path if self.scope else "", self.id) if part)
            of = "' of '".join(part for part in (self.call, path) if part)
            raise ParametersError(f"invalid parameters of '{of}':\n{problems}")


def _is_known_at_deployment(text: str) -> bool:
    """Whether a text has a part that only CloudFormation knows. CDK itself refuses a join, which looks like a Lazy."""
    if "${Token[" not in text:
        return False
    return any(isinstance(each, cdk.Intrinsic) for each in cdk.Tokenization.reverse_string(text).tokens)


def _shown(key: IKeyRef) -> str:
    """A key for people: its ARN, or where it is defined."""
    arn = key_arn_of(key)
    return repr(key.node.path if is_token(arn) else arn)
