"""A membership of a collaboration that is defined elsewhere; CDK's own resource has no import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk.interfaces.aws_cleanrooms import MembershipReference

from ..common import limits
from ..common.arns import id_of
from ..common.environment import environment_of_arn, stack_of
from ..common.imported import ImportedResource
from ..common.parameter_types import checked
from ..common.problems import Problems

if TYPE_CHECKING:
    from aws_cdk.interfaces.aws_cleanrooms import IMembershipRef
    from constructs import Construct

MEMBERSHIP = "AWS::CleanRooms::Membership"


@checked
class Membership:
    """How a membership is referred to that another application defines; this one defines ``cleanrooms.CfnMembership``.

    Both are taken wherever a membership is asked for.
    """

    @staticmethod
    def from_membership_identifier(scope: Construct, id: str, membership_identifier: str) -> IMembershipRef:
        """A membership of the stack's account and Region, known by its identifier.

        Args:
            scope: The construct that the import belongs to.
            id: Its name there.
            membership_identifier: The identifier, a UUID, or a Token.

        Raises:
            ValueError: It is not the identifier of a membership.
        """
        problems = Problems(scope, id)
        problems.text(
            "membership_identifier",
            membership_identifier,
            length=limits.UUID_LENGTH,
            pattern=limits.UUID_PATTERN,
            allowed="a UUID in small letters, the identifier of a membership, not its ARN",
        )
        problems.raise_if_any()
        where = environment_of_arn(membership_identifier, MEMBERSHIP)
        arn = stack_of(scope).format_arn(
            service="cleanrooms",
            resource="membership",
            resource_name=membership_identifier,
            account=where.account or None,
            region=where.region or None,
        )
        return _ImportedMembership(problems, arn, membership_identifier)

    @staticmethod
    def from_membership_arn(scope: Construct, id: str, membership_arn: str) -> IMembershipRef:
        """A membership that is defined elsewhere, known by its ARN.

        Args:
            scope: The construct that the import belongs to.
            id: Its name there.
            membership_arn: The ARN, or a Token.

        Raises:
            ValueError: It is not the ARN of a membership.
        """
        return _ImportedMembership(Problems(scope, id), membership_arn)

    @staticmethod
    def from_membership_attributes(
        scope: Construct, id: str, *, membership_arn: str, account: str | None = None, region: str | None = None
    ) -> IMembershipRef:
        """A membership that is defined elsewhere, of which more is known than its ARN.

        Args:
            scope: The construct that the import belongs to.
            id: Its name there.
            membership_arn: The ARN, or a Token.
            account: The account it is in, where the ARN is a Token. Default: that of the ARN; the stack's, if only the
                Region is given.
            region: The Region it is in, where the ARN is a Token. Default: that of the ARN; the stack's, if only the
                account is given.

        Raises:
            ValueError: It is not the ARN of a membership, or that of another account or Region.
        """
        return _ImportedMembership(Problems(scope, id), membership_arn, account=account, region=region)


class _ImportedMembership(ImportedResource):
    """A membership that is defined elsewhere."""

    def __init__(
        self,
        problems: Problems,
        arn: str,
        identifier: str | None = None,
        *,
        account: str | None = None,
        region: str | None = None,
    ) -> None:
        problems.text(
            "membership_arn",
            arn,
            length=limits.MEMBERSHIP_ARN_LENGTH,
            pattern=limits.MEMBERSHIP_ARN_PATTERN,
            allowed="arn:aws:cleanrooms:<region>:<account>:membership/<id>",
        )
        super().__init__(problems, arn, MEMBERSHIP, account=account, region=region)
        self.membership_ref = MembershipReference(
            membership_arn=arn, membership_identifier=id_of(arn) if identifier is None else identifier
        )
