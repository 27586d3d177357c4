"""Names with the article that they are read aloud with."""

from __future__ import annotations

import re

_LIKE_A_VOWEL = re.compile(
    # Spelled out: an SnsTopic, an s3.IBucket, an MFADevice, an L1; not a Session, a NATGateway.
    r"(?i:s3|sns|sqs|ssm|ses|sso|rds|msk|mwaa|fsx|nlb|mfa|http)(?![a-z])|[FHLMNRSX](?![a-z]|[AEIOU][A-Z])"
    # A User, a unit, a UTC time, a Europe, a OneTimeSchedule; but an UnknownPrincipal, an unlimited one.
    r"|(?i:[ai]|e(?!u)|o(?!ne(?-i:(?![a-z])))|u(?!se|sa|sua|url|uri|rl|ri|uid|tc|tf|til|ni(?!m|n|d)))"
)


def with_article(name: str) -> str:
    """A name, as it is read aloud."""
    return f"{'an' if _LIKE_A_VOWEL.match(name) else 'a'} {name}"
