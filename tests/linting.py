"""What cfn-lint says of a template."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def linted(template: str, *, regions: Sequence[str] = ("us-east-1",), ignore: Sequence[str] = ()) -> list[str]:
    """What it finds in a template's text, but for the rules left out."""
    # Importing it takes two seconds, in each process that only collects the tests.
    import cfnlint.api
    from cfnlint.config import ManualArgs

    config = ManualArgs(regions=[*regions], ignore_checks=[*ignore])
    return [f"{match.rule.id} {match.message} {match.path}" for match in cfnlint.api.lint(template, config=config)]
