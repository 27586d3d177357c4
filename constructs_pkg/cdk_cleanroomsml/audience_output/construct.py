"""Where lookalike segments are written: a bucket, its key, and the role that Clean Rooms ML writes with."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from ..common.bucket_permissions import warn_of_unknown_key
from ..common.checks import checks_of
from ..common.closed_keys import warn_of_closed_key
from ..common.environment import environment_of, environment_of_resource, is_token, stack_of
from ..common.keys import key_arn_of
from ..common.keys import shown as shown_as_key
from ..common.limits import (
    BUCKET_NAME,
    BUCKET_NAME_LENGTH,
    BUCKET_NAME_PATTERN,
    FOLDER,
    FOLDER_PATTERN,
    ROLE_NAME,
    ROLE_NAME_LENGTH,
    ROLE_NAME_PATTERN,
)
from ..common.parameter_types import checked
from ..common.problems import Problems
from ..common.property_injection import property_injectable
from ..common.removal_policy import check_removal_policy, let_policy_follow, unless_just_created
from ..common.role_permissions import KEY_REGION, add_permissions, clean_rooms_ml, warn_of_another_account
from ..common.roles import shown
from ..common.trust import check_trust
from .access_logs import check_logs_bucket, let_logs_in, logged_in, logged_to, no_public_access
from .write_permissions import KEY_ACTIONS, NEEDED, write_statements

if TYPE_CHECKING:
    from aws_cdk.interfaces.aws_iam import IRoleRef
    from aws_cdk.interfaces.aws_kms import IKeyRef
    from constructs import IConstruct, IDependable


ONE_REGION = "Clean Rooms ML writes only to a bucket in the Region of the model: use one of that Region"
_LOGS = "S3 logs access only to a bucket of the same account and Region: use one of those"


@property_injectable
@checked
@jsii.implements(iam.IGrantable)
class AudienceOutput(Construct):
    """The destination of exported segments, for one configured audience model or for many.

    Each part is created unless it is given:

    * the **bucket**: encrypted with the key (S3 Bucket Keys on), TLS only, no public access, ACLs off, versioned,
      access logged, kept with its policy when the stack goes;
    * the **key**: customer managed, rotated, kept when the stack goes;
    * the **role**: Clean Rooms ML may assume it for the configured audience models of this account and Region, to
      write below the prefix and nothing else (User Guide, "Create a service role to write a lookalike segment").
    """

    PROPERTY_INJECTION_ID: ClassVar[str] = "cdk-cleanroomsml.AudienceOutput"
    """What ``cdk.PropertyInjectors`` know the class by."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bucket: s3.IBucket | None = None,
        encryption_key: IKeyRef | None = None,
        role: IRoleRef | None = None,
        prefix: str | None = None,
        server_access_logs_bucket: s3.IBucket | None = None,
        bucket_name: str | None = None,
        role_name: str | None = None,
        removal_policy: cdk.RemovalPolicy | None = None,
        auto_delete_objects: bool = False,
    ) -> None:
        """Defines the output.

        Args:
            scope: The construct that it belongs to.
            id: Its name there.
            bucket: Where segments are written. It must be in the Region of the model (API reference). One that is
                imported by its name or ARN counts as one of this account, without a key: if it isn't, import it with
                ``Bucket.from_bucket_attributes`` and its ``account``, ``region`` and ``encryption_key``. Default: a new
                bucket.
            encryption_key: The customer managed key of the bucket, or its alias. Of an alias that is imported by its
                name the key isn't known, so the role is allowed what has that alias. Default: the key that the given
                bucket is known to have, if any; a new key for a new bucket.
            role: What Clean Rooms ML assumes to write. It must trust ``cleanrooms-ml.amazonaws.com``: where this
                application defines it, synthesis says if it doesn't. The permissions to write are added to it where it
                can be changed, else a warning says what it must allow; one that is imported with ``mutable=False`` is
                yours to see to. Default: a new role.
            prefix: The folder in the bucket, without a slash at either end, and without ``*``, ``?`` and ``${``,
                which IAM takes for wildcards and variables. Default: the whole bucket.
            server_access_logs_bucket: Where access to a new bucket is logged: one of the same account and Region that
                is not encrypted with a key of KMS (S3 User Guide). Its policy lets ``logging.s3.amazonaws.com`` write;
                where it can't be changed, a warning says so. Default: one new bucket for all outputs of the stack.
            bucket_name: The name of a new bucket, 3 to 63 small letters, digits, hyphens and dots (S3 User Guide). With
                ``cdk.PhysicalName.GENERATE_IF_NEEDED`` it has a name that is known at synthesis as soon as a stack of
                another account or Region refers to it. Default: CloudFormation makes one.
            role_name: The name of a new role, 1 to 64 letters, digits and ``+ = , . @ _ -`` (IAM User Guide), or
                ``cdk.PhysicalName.GENERATE_IF_NEEDED``. AWS's managed policy AWSCleanRoomsMLFullAccess lets people pass
                only roles whose names begin with ``cleanrooms-ml``. Default: CloudFormation makes one.
            removal_policy: What becomes of a new bucket, with its policy, and of a new key, when they leave the stack.
                ``DESTROY`` deletes them; S3 deletes only an empty bucket. Default: they are kept, unless the deployment
                that creates them fails.
            auto_delete_objects: Whether a new bucket is emptied before it is deleted, by a function of the CDK's. It
                takes ``removal_policy=DESTROY``. Default: it isn't.

        Raises:
            ValueError: The prefix can't be part of an S3 URI, or makes it longer than 1,285 characters; the bucket is
                in another Region, or has another key; the key or the bucket of the logs is in another Region, the
                latter also in another account; a name breaks the rules, or what is said of a new bucket or role comes
                with one that was given; the removal policy is ``SNAPSHOT``. The message lists all of it.
        """
        self.stack: cdk.Stack = stack_of(scope)
        """The stack in which it is defined."""
        problems = Problems(scope, id)
        _check(problems, self.stack, bucket, encryption_key, role, prefix)
        _check_logs(problems, self.stack, server_access_logs_bucket)
        _check_new(
            problems,
            bucket,
            role,
            role_name=role_name,
            server_access_logs_bucket=server_access_logs_bucket,
            bucket_name=bucket_name,
            removal_policy=removal_policy,
            auto_delete_objects=auto_delete_objects,
        )
        problems.raise_if_any()
        super().__init__(scope, id)
        removal_policy = unless_just_created(removal_policy or cdk.RemovalPolicy.RETAIN)
        self._prefix = prefix
        if encryption_key is not None:
            warn_of_another_account(self, "encryption_key", environment_of_resource(encryption_key).account)

        key_was_given = bucket is not None or encryption_key is not None
        if bucket is None:
            encryption_key = encryption_key or kms.Key(
                self,
                "Key",
                description="Encrypts lookalike segments",
                enable_key_rotation=True,
                removal_policy=removal_policy,
            )
            shown_key = shown_as_key(self, encryption_key)
            bucket = self._create_bucket(
                shown_key,
                server_access_logs_bucket,
                bucket_name=bucket_name,
                removal_policy=removal_policy,
                auto_delete_objects=auto_delete_objects,
            )
            # Not the one above, if an injector says so.
            own = bucket.encryption_key
            if shown_key is encryption_key or own is None or own.key_arn != shown_key.key_arn:
                encryption_key = own
            self._bucket_account = environment_of(self.stack).account
        else:
            encryption_key = bucket.encryption_key or encryption_key
            self._bucket_account = environment_of_resource(bucket).account
            warn_of_another_account(self, "bucket", self._bucket_account)
            warn_of_unknown_key(self, bucket, encryption_key)

        self.bucket: s3.IBucket = bucket
        """Where segments are written."""
        self.encryption_key: IKeyRef | None = encryption_key
        """The customer managed key of the bucket; ``None`` when a given bucket is not known to have one."""
        self.owns_role: bool = role is None
        """Whether the role is a part of the output."""
        given = (bucket, encryption_key, server_access_logs_bucket)
        self.made_of: list[IConstruct] | None = (
            None if prefix is not None and is_token(prefix) else [self, *(each for each in given if each is not None)]
        )
        """What the role may wait for; ``None`` if that isn't known."""
        self._given_role = role
        self.role: iam.IRole = cast("iam.IRole", self._create_role(role_name)) if role is None else shown(self, role)
        """What Clean Rooms ML assumes to write."""
        self.permissions: list[IDependable] = (
            [] if role is None else add_permissions(self, role, self._statements(), needed=NEEDED)
        )
        """What a model that writes here must depend on: permissions that stand beside the role."""
        if role is not None:
            checks_of(self.stack).append(self._check_trust)
        if key_was_given and encryption_key is not None:
            warn_of_closed_key(self, "encryption_key", encryption_key, self.role, KEY_ACTIONS)

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The role, for grants of CDK: ``key.grant_encrypt(output)``."""
        return self.role.grant_principal

    @cached_property
    def s3_uri(self) -> str:
        """The destination as the API takes it, ``s3://bucket/prefix/``.

        The slash at the end keeps what is written below the prefix that the role allows, whether the service puts a
        slash of its own in between or not, which isn't documented.
        """
        folder = f"{self._prefix}/" if self._prefix else ""
        return f"s3://{self.bucket.bucket_name}/{folder}"

    @cached_property
    def region(self) -> str:
        """The Region of the bucket; a Token when it isn't known."""
        return environment_of_resource(self.bucket).region

    @cached_property
    def role_account(self) -> str:
        """The account of the role; a Token when it isn't known."""
        return environment_of_resource(self._given_role or self.role).account

    @cached_property
    def role_arn(self) -> str:
        """The ARN of the role."""
        return self.role.role_arn if isinstance(self.role, iam.Role) else self.role.role_ref.role_arn

    def _check_trust(self) -> list[str]:
        where = environment_of_resource(self.bucket)._replace(account=self.role_account)
        return check_trust(self, "role", self._given_role or self.role, "configured-audience-model", where)

    def _create_bucket(
        self,
        key: kms.IKey,
        logs_bucket: s3.IBucket | None,
        *,
        bucket_name: str | None,
        removal_policy: cdk.RemovalPolicy,
        auto_delete_objects: bool,
    ) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=bucket_name,
            removal_policy=removal_policy,
            auto_delete_objects=auto_delete_objects,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            block_public_access=no_public_access(),
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=True,
        )
        resource = cast("s3.CfnBucket", bucket.node.default_child)
        let_policy_follow(self.stack, resource, bucket.policy, removal_policy)
        if logs_bucket is not None:
            let_logs_in(self, logs_bucket)
            resource.logging_configuration = logged_to(logs_bucket)
        elif resource.logging_configuration is None:
            # Else an injector has said where.
            resource.logging_configuration = logged_in(self.stack)
        return bucket

    def _create_role(self, role_name: str | None) -> iam.Role:
        return iam.Role(
            self,
            "Role",
            role_name=role_name,
            assumed_by=clean_rooms_ml("configured-audience-model"),
            description="Lets AWS Clean Rooms ML write lookalike segments",
            inline_policies={"WriteSegments": iam.PolicyDocument.from_json({"Statement": self._statements()})},
        )

    def _statements(self) -> list[dict[str, Any]]:
        key = self.encryption_key
        return write_statements(
            bucket_arn=self.bucket.bucket_arn,
            bucket_account=self._bucket_account,
            prefix=self._prefix,
            key_arn=None if key is None else key_arn_of(key),
        )


def _check(
    problems: Problems,
    stack: cdk.Stack,
    bucket: s3.IBucket | None,
    key: IKeyRef | None,
    role: IRoleRef | None,
    prefix: str | None,
) -> None:
    # A bucket's name has at most 63 characters; the rest of the URI's 1,285 are "s3://" and two slashes.
    problems.text(
        "prefix",
        prefix,
        length=(1, 1215),
        pattern=FOLDER_PATTERN,
        allowed=FOLDER,
    )
    problems.resource("bucket", bucket, stack, ONE_REGION, account=False)
    problems.resource("encryption_key", key, stack, KEY_REGION, account=False)
    if bucket is not None:
        problems.key_of_bucket("encryption_key", key, bucket)
    elif key is not None:
        problems.policy_text("encryption_key", key_arn_of(key))
    problems.policy_text("role", None if role is None else role.role_ref.role_arn)


def _check_logs(problems: Problems, stack: cdk.Stack, logs_bucket: s3.IBucket | None) -> None:
    problems.resource("server_access_logs_bucket", logs_bucket, stack, _LOGS)
    if logs_bucket is not None:
        check_logs_bucket(problems, logs_bucket, stack)


def _check_new(
    problems: Problems,
    bucket: s3.IBucket | None,
    role: IRoleRef | None,
    *,
    server_access_logs_bucket: s3.IBucket | None,
    bucket_name: str | None,
    role_name: str | None,
    removal_policy: cdk.RemovalPolicy | None,
    auto_delete_objects: bool,
) -> None:
    """Checks what is said of a bucket and a role that are created."""
    problems.text(
        "bucket_name", bucket_name, length=BUCKET_NAME_LENGTH, pattern=BUCKET_NAME_PATTERN, allowed=BUCKET_NAME
    )
    problems.text("role_name", role_name, length=ROLE_NAME_LENGTH, pattern=ROLE_NAME_PATTERN, allowed=ROLE_NAME)
    if role is not None and role_name is not None:
        problems.found.append("role_name is for a new role: leave it out with role, which has its own")
    of_new_bucket = {
        "server_access_logs_bucket": server_access_logs_bucket,
        "bucket_name": bucket_name,
        "removal_policy": removal_policy,
        "auto_delete_objects": auto_delete_objects or None,
    }
    if bucket is not None:
        problems.found += [
            f"{parameter} is for a new bucket: leave it out with bucket, and say it where that is defined, with"
            f" s3.Bucket(…, {parameter}=…)"
            for parameter, value in of_new_bucket.items()
            if value is not None
        ]
    if removal_policy is not None:
        check_removal_policy(problems, removal_policy)
    if auto_delete_objects and removal_policy is not cdk.RemovalPolicy.DESTROY:
        problems.found.append(
            "auto_delete_objects must be left out, or come with removal_policy=cdk.RemovalPolicy.DESTROY: a bucket that"
            " is kept keeps its objects"
        )
