"""What it takes to train with a customer managed key.

For custom models of Clean Rooms ML that is documented: whoever starts a training needs these permissions by way of the
service, and so does the service itself. That it is the same for audience models is inferred: nobody gets them unasked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from ..common.keys import itself

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk.interfaces.aws_kms import IKeyRef
    from constructs import Construct

_SERVICE = "cleanrooms-ml.amazonaws.com"

USE = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")
GRANT = ("kms:CreateGrant",)
FOR_AWS = {"kms:GrantIsForAWSResource": "true"}


def via_service() -> dict[str, str]:
    """The condition that the key is used by way of Clean Rooms ML only."""
    return {"kms:ViaService": f"cleanrooms-ml.{cdk.Aws.REGION}.amazonaws.com"}


def let_service_train_with(construct: Construct, key: IKeyRef) -> None:
    """Lets Clean Rooms ML use a key, in the key's policy; it knows no narrower conditions (User Guide).

    Args:
        construct: Whose key it is; it carries the warning if the policy can't be changed.
        key: The key.
    """
    own = itself(key)
    principal = cast("iam.IPrincipal", iam.ServicePrincipal(_SERVICE))
    use = iam.PolicyStatement(principals=[principal], actions=list(USE), resources=["*"])
    grant = iam.PolicyStatement(
        principals=[principal], actions=list(GRANT), resources=["*"], conditions={"Bool": FOR_AWS}
    )
    added = hasattr(own, "add_to_resource_policy") and all(
        cast("kms.IKey", own).add_to_resource_policy(each).statement_added for each in (use, grant)
    )
    if not added:
        cdk.Annotations.of(construct).add_warning_v2(
            "cdk-cleanroomsml:encryptionKeyPolicyNotAdded",
            f"the policy of the given encryption_key can't be changed from here; it must allow {_SERVICE}"
            f" {', '.join(USE)}, and kms:CreateGrant with kms:GrantIsForAWSResource (inferred)",
        )
