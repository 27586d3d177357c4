"""One JSON object a step on standard output, and what must not stand in it.

Our own words name members, never their values. Words of others are cleaned of what can be a secret:

- The function's credentials, and what makes the ResponseURL a key: its query, its signature.
- Free texts of the template, any of which may be NoEcho: names, descriptions, tag values, members that nobody knows.

What AWS named can't be a secret: ARNs, S3 addresses, Regions, accounts, ids, numbers, values of enums. A free text is
hidden where it stands by itself, not where its letters are part of a longer word or of an ARN.
"""

from __future__ import annotations

import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = Any

_MASK = "***"
_CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_KEYS_OF_A_URL = ("AWSAccessKeyId", "Signature", "X-Amz-Credential", "X-Amz-Security-Token", "X-Amz-Signature")

OPEN_MEMBERS = (
    "audienceSizeConfig",
    "childResourceTagOnCreatePolicy",
    "manageResourcePolicies",
    "membershipIdentifier",
    "minMatchingSeedSize",
    "sharedAudienceMetrics",
    "trainingDataEndTime",
    "trainingDataStartTime",
)
"""Members of the service that hold no free text."""

_POLICY = "configuredAudienceModelPolicy"
_OPEN_IN_A_POLICY = ("Action", "Effect", "Version")

_ADDRESS = r"""(?:arn:|s3://)[^\s'"`,;)\]}]+"""
_NAMED_BY_AWS = re.compile(rf"{_ADDRESS}|[a-z]{{2}}(?:-[a-z]+)+-[0-9]|[0-9]{{12}}")
_SHORT = re.compile("[0-9]{1,3}|.", re.S)
"""What would hide words and counts of the service's wherever they stand: it is hidden in quotes only."""


class Log:
    """Writes the log of one request."""

    def __init__(self, event: object) -> None:
        self._secrets = sorted({secret for secret in _secrets(event) if secret}, key=len, reverse=True)
        texts = sorted({shown for text in _texts(event) for shown in _spellings(text)}, key=len, reverse=True)
        # What an address holds is passed over, whatever it is.
        self._texts = re.compile("|".join([f"(?P<address>{_ADDRESS})", *map(_by_itself, texts)]))

    def __call__(self, step: str, **fields: object) -> None:
        """Writes one step."""
        line = {"step": step, **{name: value for name, value in fields.items() if value is not None}}
        sys.stdout.write(json.dumps(line, default=str) + "\n")
        sys.stdout.flush()

    def clean(self, text: str) -> str:
        """A text of somebody else, without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return self._texts.sub(lambda found: found["address"] or _MASK, text)


def _by_itself(text: str) -> str:
    """A pattern of a text where it isn't part of a longer word."""
    if _SHORT.fullmatch(text):
        return rf"""(?<=['"`]){re.escape(text)}(?=['"`])"""
    return rf"(?<![\w-]){re.escape(text)}(?![\w-])"


def _spellings(text: str) -> set[str]:
    """How a text is written by itself, by Python and in JSON."""
    return {text, repr(text)[1:-1], json.dumps(text)[1:-1]}


def _secrets(event: object) -> Iterator[str]:
    yield from (os.environ.get(name, "") for name in _CREDENTIALS)
    if isinstance(event, dict):
        _, _, query = str(event.get("ResponseURL") or "").partition("?")
        yield query
        yield from (part.partition("=")[2] for part in query.split("&") if part.startswith(_KEYS_OF_A_URL))
        yield from (value for name, value in parse_qsl(query) if name in _KEYS_OF_A_URL)


def _texts(event: object) -> Iterator[str]:
    """The free texts of both templates."""
    if not isinstance(event, dict):
        return
    for properties in (event.get("ResourceProperties"), event.get("OldResourceProperties")):
        for member, value in properties.items() if isinstance(properties, dict) else ():
            # What begins with a capital is CloudFormation's or ours.
            if member not in OPEN_MEMBERS and not str(member)[:1].isupper():
                texts = _leaves(value, _OPEN_IN_A_POLICY if member == _POLICY else ())
                yield from (text for text in texts if text.strip() and not _NAMED_BY_AWS.fullmatch(text))


def _leaves(value: Json, without: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, dict):
        value = [item for key, item in value.items() if key not in without]
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item, without)
    elif isinstance(value, str):
        yield value
