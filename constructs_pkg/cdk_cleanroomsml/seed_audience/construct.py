"""Where a seed audience is, and the role that Clean Rooms ML reads it with."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

import jsii
from aws_cdk import aws_iam as iam
from constructs import Construct

from ..common.bucket_permissions import bucket_statements, warn_of_unknown_key
from ..common.closed_keys import warn_of_closed_key
from ..common.environment import environment_of_resource, stack_of
from ..common.keys import key_arn_of, on_key
from ..common.limits import FOLDER, FOLDER_PATTERN, OBJECT_KEY_LENGTH, ROLE_NAME, ROLE_NAME_LENGTH, ROLE_NAME_PATTERN
from ..common.parameter_types import checked
from ..common.problems import Problems
from ..common.property_injection import property_injectable
from ..common.role_permissions import KEY_REGION, clean_rooms_ml, warn_of_another_account

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_s3 as s3
    from aws_cdk.interfaces.aws_kms import IKeyRef

_DECRYPT = "kms:Decrypt"
_BUCKET_REGION = "Clean Rooms ML reads only from a bucket in its own Region: use one of that Region"


@property_injectable
@checked
@jsii.implements(iam.IGrantable)
class SeedAudience(Construct):
    """A seed: some of an advertiser's own users, of whom a publisher's model is asked for more.

    It is what ``StartAudienceGenerationJob`` takes as ``seedAudience``, beside the name of a file: JSON lines, 25 to
    500,000 users (User Guide). The bucket is yours. The role is created: Clean Rooms ML may assume it for the audience
    generation jobs of this account and Region, to read below the prefix and nothing else (User Guide, "Create a service
    role to read seed data"). ``start_audience_generation`` takes it as ``seed_role``, so that it may be passed.
    """

    PROPERTY_INJECTION_ID: ClassVar[str] = "cdk-cleanroomsml.SeedAudience"
    """What ``cdk.PropertyInjectors`` know the class by."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bucket: s3.IBucket,
        prefix: str | None = None,
        encryption_key: IKeyRef | None = None,
        role_name: str | None = None,
    ) -> None:
        """Defines the role that a seed is read with.

        Args:
            scope: The construct that it belongs to.
            id: Its name there.
            bucket: Where seeds are, in the Region of the model. One that is imported by its name or ARN counts as one
                of this account, without a key: if it isn't, import it with ``Bucket.from_bucket_attributes`` and its
                ``account``, ``region`` and ``encryption_key``.
            prefix: The folder in the bucket, without a slash at either end, and without ``*``, ``?`` and ``${``,
                which IAM takes for wildcards and variables. Default: the whole bucket.
            encryption_key: The customer managed key of the bucket, or its alias. Default: the key that the bucket is
                known to have.
            role_name: The name of the role, 1 to 64 letters, digits and ``+ = , . @ _ -`` (IAM User Guide), or
                ``cdk.PhysicalName.GENERATE_IF_NEEDED``. AWS's managed policy AWSCleanRoomsMLFullAccess lets people pass
                only roles whose names begin with ``cleanrooms-ml``. Default: CloudFormation makes one.

        Raises:
            ValueError: The prefix or the name breaks the rules; the bucket or the key is in another Region; the bucket
                has another key. The message lists all of it.
        """
        self.stack: cdk.Stack = stack_of(scope)
        """The stack in which it is defined."""
        problems = Problems(scope, id)
        problems.text("prefix", prefix, length=OBJECT_KEY_LENGTH, pattern=FOLDER_PATTERN, allowed=FOLDER)
        problems.text("role_name", role_name, length=ROLE_NAME_LENGTH, pattern=ROLE_NAME_PATTERN, allowed=ROLE_NAME)
        problems.resource("bucket", bucket, self.stack, _BUCKET_REGION, account=False)
        problems.resource("encryption_key", encryption_key, self.stack, KEY_REGION, account=False)
        problems.key_of_bucket("encryption_key", encryption_key, bucket)
        problems.raise_if_any()
        super().__init__(scope, id)
        key = bucket.encryption_key or encryption_key
        self.bucket: s3.IBucket = bucket
        """Where seeds are."""
        self.encryption_key: IKeyRef | None = key
        """The customer managed key of the bucket; ``None`` when it is not known to have one."""
        self._prefix = prefix
        role = iam.Role(
            self,
            "Role",
            role_name=role_name,
            assumed_by=clean_rooms_ml("audience-generation-job"),
            description="Lets AWS Clean Rooms ML read seed audiences",
            inline_policies={"ReadSeeds": iam.PolicyDocument.from_json({"Statement": self._statements()})},
        )
        self.role: iam.IRole = cast("iam.IRole", role)
        """What Clean Rooms ML assumes to read."""
        warn_of_another_account(self, "bucket", environment_of_resource(bucket).account)
        warn_of_unknown_key(self, bucket, key)
        if key is not None:
            warn_of_another_account(self, "encryption_key", environment_of_resource(key).account)
            warn_of_closed_key(self, "encryption_key", key, self.role, [_DECRYPT])

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The role, for grants of CDK: ``key.grant_decrypt(seed)``."""
        return self.role.grant_principal

    @cached_property
    def s3_uri(self) -> str:
        """What the names of seeds are added to for the request of a job, ``s3://bucket/prefix/``."""
        folder = f"{self._prefix}/" if self._prefix else ""
        return f"s3://{self.bucket.bucket_name}/{folder}"

    def _statements(self) -> list[dict[str, Any]]:
        """What the role may do (User Guide, "Create a service role to read seed data")."""
        key_arn = None if self.encryption_key is None else key_arn_of(self.encryption_key)
        statements = bucket_statements(
            bucket_arn=self.bucket.bucket_arn,
            bucket_account=environment_of_resource(self.bucket).account,
            prefix=self._prefix,
            key_arn=key_arn,
            bucket_actions=["s3:ListBucket"],
            object_action="s3:GetObject",
            key_actions=[_DECRYPT],
        )
        if key_arn is not None:
            # Without the encryption context, which only what encrypts and decrypts has.
            resource, conditions = on_key(key_arn)
            describe: dict[str, Any] = {"Effect": "Allow", "Action": "kms:DescribeKey", "Resource": resource}
            statements.append(describe | ({"Condition": conditions} if conditions else {}))
        return statements
