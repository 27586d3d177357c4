"""A training dataset of AWS Clean Rooms ML, and the role that its data is read with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

import aws_cdk as cdk
import jsii
from aws_cdk import aws_cleanroomsml as cleanroomsml
from aws_cdk import aws_iam as iam
from aws_cdk.interfaces.aws_cleanroomsml import TrainingDatasetReference

from ..common import limits
from ..common.arns import id_of
from ..common.bucket_permissions import warn_of_unknown_key
from ..common.checks import checks_of
from ..common.closed_keys import warn_of_closed_key
from ..common.environment import KNOWN_STACK, environment_of, environment_of_resource, known_to_differ, stack_of
from ..common.imported import ImportedResource
from ..common.keys import is_defined_here, key_arn_of
from ..common.names import is_generated_if_needed, place_of, resolve_without_place, unique_name
from ..common.parameter_types import checked
from ..common.problems import Problems
from ..common.property_injection import property_injectable
from ..common.removal_policy import apply_removal_policy, check_removal_policy
from ..common.role_permissions import KEY_REGION, ONE_ACCOUNT, add_permissions, clean_rooms_ml, warn_of_another_account
from ..common.roles import shown
from ..common.trust import check_trust
from .glue_table import check_table
from .grants import TrainingDatasetGrants
from .read_permissions import KEY_ACTIONS, NEEDED, read_statements
from .training_column import check_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_s3 as s3
    from aws_cdk.interfaces.aws_iam import IRoleRef
    from aws_cdk.interfaces.aws_kms import IKeyRef
    from constructs import Construct
    from typing_extensions import TypeIs

    from .glue_table import GlueTable
    from .interface import ITrainingDataset
    from .training_column import TrainingColumn

RESOURCE_TYPE = "AWS::CleanRoomsML::TrainingDataset"

_BUCKET_REGION = "Clean Rooms ML reads only from a bucket in its own Region: use one of that Region"
_TABLE_REGION = "Clean Rooms ML reads only tables of its own Region: use one of that Region"


@property_injectable
@checked
@jsii.implements(iam.IGrantable)
class TrainingDataset(cdk.Resource):
    """What audience models are trained on: a table in the AWS Glue Data Catalog, and what its columns are.

    The dataset holds no data. Clean Rooms ML reads the table, with the role, each time an audience model is created;
    then there must be at least 1,000,000 records of at least 100,000 users with two interactions each, in Parquet (not
    ZSTD), CSV or JSON (User Guide, "Training data requirements"). None of that can be checked before.

    Everything but tags is changed by a replacement (CloudFormation's template reference), and an audience model in the
    template that is trained on the dataset is replaced with it. As long as an audience model depends on the dataset,
    the service refuses to delete it (API reference). So it is kept as audience models are, see ``removal_policy``.

    ``cdk.Tags.of()`` reaches the dataset. ``apply_removal_policy`` does, too.
    """

    PROPERTY_INJECTION_ID: ClassVar[str] = "cdk-cleanroomsml.TrainingDataset"
    """What ``cdk.PropertyInjectors`` know the class by."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        columns: Sequence[TrainingColumn],
        table: GlueTable,
        bucket: s3.IBucket,
        prefix: str | None = None,
        encryption_key: IKeyRef | None = None,
        role: IRoleRef | None = None,
        training_dataset_name: str | None = None,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        """Defines the dataset.

        Every rule is the API reference's, if nothing else is said. What is only known at deployment is checked then,
        by the service.

        Args:
            scope: The construct that it belongs to.
            id: Its name there.
            columns: What is trained on, up to 100 columns: exactly one user id, item id and timestamp, and up to 10
                features (User Guide). The table may have more.
            table: The Glue table. Where AWS Lake Formation governs it, the role needs its permissions, too.
            bucket: Where the data of the table lies. It must be in the Region of the dataset (User Guide). One that is
                imported by its name or ARN counts as one of this account, without a key: if it isn't, import it with
                ``Bucket.from_bucket_attributes`` and its ``account``, ``region`` and ``encryption_key``.
            prefix: The folder in the bucket, without a slash at either end, and without ``*``, ``?`` and ``${``,
                which IAM takes for wildcards and variables. Default: the whole bucket.
            encryption_key: The customer managed key of the bucket, or its alias. Default: the key that the bucket
                is known to have.
            role: What Clean Rooms ML assumes to read. It must be of the dataset's account and trust
                ``cleanrooms-ml.amazonaws.com``: where this application defines it, synthesis says if it doesn't. The
                permissions to read are added to it where it can be changed, else a warning says what it must allow; one
                that is imported with ``mutable=False`` is yours to see to. Default: a new role that may read the table
                and the folder, and nothing else (User Guide, "Create a service role to read training data").
            training_dataset_name: 1 to 63 printable characters, not only spaces, unique in the account and Region. With
                a name of your own, change it with whatever else you change, and when the stack is made anew while the
                old dataset was kept: the service refuses a name that is taken. Default: a name made from the
                construct's path, from the parameters, so that it changes with them as far as they are known at
                synthesis, and from an id of the created role, else of the stack, so that a dataset that was kept is in
                nobody's way. Only if all parameters go back to what they were is the name that of the one they had.
                ``cdk.PhysicalName.GENERATE_IF_NEEDED`` is the same.
            description: Up to 255 printable characters and line breaks. Default: none.
            tags: Up to 50. Keys have 1 to 128 characters and don't start with ``aws:``, values up to 256. Default: none
                but those of ``cdk.Tags``.
            removal_policy: What becomes of the dataset, and of a role that is created for it, when they are replaced or
                leave the stack. ``DESTROY`` deletes them: give it to the audience models on the dataset, too, for the
                service refuses to delete it before they are gone. Default: they are kept, unless the deployment that
                creates them fails. Without its role, which reads the data, no audience model could be trained any more.

        Raises:
            ValueError: Parameters break the rules; the message lists all of them.
        """
        stack = stack_of(scope)
        problems = Problems(scope, id)
        problems.name("training_dataset_name", training_dataset_name)
        problems.description(description)
        check_removal_policy(problems, removal_policy)
        check_columns(problems, columns)
        check_table(problems, table)
        problems.tags("tags", tags, marked=False)
        _check_access(problems, stack, table, bucket, prefix, encryption_key, role)
        problems.raise_if_any()

        super().__init__(scope, id)
        setattr(self, KNOWN_STACK, stack)
        self.table: GlueTable = table
        """The Glue table."""
        self.bucket: s3.IBucket = bucket
        """Where the data of the table lies."""
        self.encryption_key: IKeyRef | None = bucket.encryption_key or encryption_key
        """The customer managed key of the bucket; ``None`` when it is not known to have one."""
        self._prefix = prefix
        self.role: iam.IRole = self._create_role() if role is None else shown(self, role)
        """What Clean Rooms ML assumes to read."""
        # None, too, when the application has its roles created outside of it (``iam.Role.customize_roles``).
        self._own_role = cast("iam.CfnRole | None", self.role.node.default_child) if role is None else None
        permissions = [] if role is None else add_permissions(self, role, self._statements(), needed=NEEDED)
        if role is not None:
            where = environment_of(stack)
            checks_of(stack).append(lambda: check_trust(self, "role", role, "training-dataset", where))
        self.grants: TrainingDatasetGrants = TrainingDatasetGrants.from_training_dataset(self)
        """Permissions on the dataset, for others."""
        self._warn_of_other_accounts()
        warn_of_unknown_key(self, bucket, self.encryption_key)
        if self.encryption_key is not None:
            warn_of_closed_key(self, "encryption_key", self.encryption_key, self.role, KEY_ACTIONS)

        described = {
            "roleArn": self.role.role_ref.role_arn,
            "description": description,
            "schema": [[column.name, list(column.types)] for column in columns],
            "table": [table.catalog_id, table.database_name, table.table_name],
        }
        if training_dataset_name is None or is_generated_if_needed(training_dataset_name):
            training_dataset_name = _generated_name(self, described, self._own_role)
        self._resource = cleanroomsml.CfnTrainingDataset(
            self,
            "Resource",
            name=training_dataset_name,
            description=description,
            role_arn=self.role.role_ref.role_arn,
            training_data=[_interactions(columns, table)],
            tags=[cdk.CfnTag(key=key, value=value) for key, value in (tags or {}).items()],
        )
        if removal_policy is not cdk.RemovalPolicy.DESTROY:
            self.apply_removal_policy(removal_policy)
        if permissions:
            self._resource.node.add_dependency(*permissions)

    @staticmethod
    def from_training_dataset_arn(scope: Construct, id: str, training_dataset_arn: str) -> ITrainingDataset:
        """A dataset that is defined elsewhere, known by its ARN.

        Args:
            scope: The construct that the import belongs to.
            id: Its name there.
            training_dataset_arn: The ARN, or a Token. The account and Region of the dataset are those of its ARN.

        Raises:
            ValueError: It is not the ARN of a training dataset.
        """
        return _ImportedTrainingDataset(Problems(scope, id), training_dataset_arn)

    @staticmethod
    def from_training_dataset_attributes(
        scope: Construct, id: str, *, training_dataset_arn: str, account: str | None = None, region: str | None = None
    ) -> ITrainingDataset:
        """A dataset that is defined elsewhere, of which more is known than its ARN.

        Args:
            scope: The construct that the import belongs to.
            id: Its name there.
            training_dataset_arn: The ARN, or a Token.
            account: The account it is in, where the ARN is a Token. Default: that of the ARN; the stack's, if only the
                Region is given.
            region: The Region it is in, where the ARN is a Token. Default: that of the ARN; the stack's, if only the
                account is given.

        Raises:
            ValueError: It is not the ARN of a training dataset, or that of another account or Region.
        """
        return _ImportedTrainingDataset(Problems(scope, id), training_dataset_arn, account=account, region=region)

    @staticmethod
    def is_training_dataset(x: object) -> TypeIs[TrainingDataset]:
        """Whether something is a training dataset of this library that is defined in this application.

        Args:
            x: Anything.
        """
        return isinstance(x, TrainingDataset)

    def apply_removal_policy(self, policy: cdk.RemovalPolicy) -> None:
        """Says what becomes of the dataset, and of a role that is created for it, see ``removal_policy``.

        Args:
            policy: ``DESTROY`` or ``RETAIN``. What a failed deployment has just created is deleted either way.

        Raises:
            ValueError: It is ``SNAPSHOT``.
        """
        apply_removal_policy(self, self._resource, policy)
        if self._own_role is not None:
            apply_removal_policy(self, self._own_role, policy)

    @property
    def grant_principal(self) -> iam.IPrincipal:
        """The role, for grants of CDK: ``key.grant_decrypt(dataset)``."""
        return self.role.grant_principal

    @property
    def training_dataset_ref(self) -> TrainingDatasetReference:
        """A reference to it, for whatever takes an ``ITrainingDatasetRef``."""
        return TrainingDatasetReference(training_dataset_arn=self.training_dataset_arn)

    @property
    def training_dataset_arn(self) -> str:
        """The ARN, a Token."""
        return self._resource.attr_training_dataset_arn

    @property
    def training_dataset_id(self) -> str:
        """The last part of the ARN, a Token."""
        return id_of(self.training_dataset_arn)

    @property
    def training_dataset_name(self) -> str:
        """The name; a Token when it is generated."""
        return self._resource.name

    def _create_role(self) -> iam.IRole:
        role = iam.Role(
            self,
            "Role",
            assumed_by=clean_rooms_ml("training-dataset"),
            description="Lets AWS Clean Rooms ML read training data",
            inline_policies={"ReadTrainingData": iam.PolicyDocument.from_json({"Statement": self._statements()})},
        )
        return cast("iam.IRole", role)

    def _statements(self) -> list[dict[str, Any]]:
        key = self.encryption_key
        return read_statements(
            where=environment_of(self.stack),
            table=self.table,
            bucket_arn=self.bucket.bucket_arn,
            bucket_account=environment_of_resource(self.bucket).account,
            prefix=self._prefix,
            key_arn=None if key is None else key_arn_of(key),
        )

    def _warn_of_other_accounts(self) -> None:
        bucket_account, here = environment_of_resource(self.bucket).account, environment_of(self.stack).account
        warn_of_another_account(self, "bucket", bucket_account)
        if self.encryption_key is not None:
            warn_of_another_account(self, "encryption_key", environment_of_resource(self.encryption_key).account)
        if self.table.catalog_id and known_to_differ(self.table.catalog_id, here):
            cdk.Annotations.of(self).add_warning_v2(
                "cdk-cleanroomsml:catalogInAnotherAccount",
                f"the given table is in the catalog of account {self.table.catalog_id}: its resource policy must allow "
                "there what the role is allowed here",
            )
            if not known_to_differ(bucket_account, here) and not is_defined_here(self.bucket):
                cdk.Annotations.of(self).add_warning_v2(
                    "cdk-cleanroomsml:bucketAccountAssumed",
                    f"the given table is in the catalog of account {self.table.catalog_id}, and the given bucket "
                    "counts as one of this account, so the role may reach it only there: if it isn't, import it with "
                    "Bucket.from_bucket_attributes and its account",
                )


def _check_access(
    problems: Problems,
    stack: cdk.Stack,
    table: GlueTable,
    bucket: s3.IBucket,
    prefix: str | None,
    key: IKeyRef | None,
    role: IRoleRef | None,
) -> None:
    problems.text(
        "prefix",
        prefix,
        length=limits.OBJECT_KEY_LENGTH,
        pattern=limits.FOLDER_PATTERN,
        allowed=limits.FOLDER,
    )
    problems.resource("bucket", bucket, stack, _BUCKET_REGION, account=False)
    problems.resource("encryption_key", key, stack, KEY_REGION, account=False)
    problems.resource("table", table.source, stack, _TABLE_REGION, account=False)
    problems.key_of_bucket("encryption_key", key, bucket)
    if role is not None:
        problems.policy_text("role", role.role_ref.role_arn)
        problems.same(
            "role's account", environment_of_resource(role).account, environment_of(stack).account, ONE_ACCOUNT
        )


def _interactions(
    columns: Sequence[TrainingColumn], table: GlueTable
) -> cleanroomsml.CfnTrainingDataset.DatasetProperty:
    """The one kind of training data that the API knows."""
    schema = [
        cleanroomsml.CfnTrainingDataset.ColumnSchemaProperty(column_name=column.name, column_types=list(column.types))
        for column in columns
    ]
    source = cleanroomsml.CfnTrainingDataset.GlueDataSourceProperty(
        catalog_id=table.catalog_id, database_name=table.database_name, table_name=table.table_name
    )
    return cleanroomsml.CfnTrainingDataset.DatasetProperty(
        type="INTERACTIONS",
        input_config=cleanroomsml.CfnTrainingDataset.DatasetInputConfigProperty(
            schema=schema,
            data_source=cleanroomsml.CfnTrainingDataset.DataSourceProperty(glue_data_source=source),
        ),
    )


_AT_DEPLOYMENT = 32
"""How many characters of a name are left to what is known at deployment. A role's id has 21 (IAM User Guide)."""


def _generated_name(dataset: TrainingDataset, described: dict[str, Any], role: iam.CfnRole | None) -> str:
    """A name that no other dataset of the account and Region has, an older one that was kept neither.

    It ends with an id that is never used again: of the role that was created for the dataset, else of the stack. The
    stack is asked for it, so that another stack that is told the name is told this one's.

    Args:
        dataset: The dataset.
        described: What the name changes with.
        role: The role that is created for the dataset, if one is.
    """
    at_synthesis = cdk.Lazy.string(cast("cdk.IStableStringProducer", _NameAtSynthesis(dataset, described)))
    if role is not None:
        return f"{at_synthesis}-{role.attr_role_id}"
    uuid = cdk.Fn.select(2, cdk.Fn.split("/", dataset.stack.stack_id))
    return f"{at_synthesis}-{cdk.Fn.select(0, cdk.Fn.split('-', uuid))}"


@jsii.implements(cdk.IStableStringProducer)
class _NameAtSynthesis:
    """The part of a name that changes with each dataset that CloudFormation replaces it with.

    CloudFormation makes none, and creates the new dataset while the old one is still there.
    """

    def __init__(self, dataset: TrainingDataset, described: dict[str, Any]) -> None:
        self._dataset = dataset
        self._described = described

    def produce(self) -> str:
        # Read as late as possible: it may have been set past the parameters of the table.
        source = self._dataset.table.source
        everything = {**self._described, "table_input": source and source.table_input}
        described = resolve_without_place(everything, self._dataset)
        # A new name of the table changes what its reference stands for, not how it looks; the rest is Glue's.
        described["table_input"] = (described.pop("table_input", None) or {}).get("name")
        most = limits.NAME_LENGTH[1] - len("-") - _AT_DEPLOYMENT
        return unique_name(place_of(self._dataset), most=most, separator="-", also=described)


class _ImportedTrainingDataset(ImportedResource):
    """A dataset that is defined elsewhere."""

    def __init__(self, problems: Problems, arn: str, *, account: str | None = None, region: str | None = None) -> None:
        problems.arn("training_dataset_arn", arn, "training-dataset")
        super().__init__(problems, arn, RESOURCE_TYPE, account=account, region=region)
        self.training_dataset_arn = arn
        self.training_dataset_ref = TrainingDatasetReference(training_dataset_arn=arn)
        self.training_dataset_id = id_of(arn)
        self.grants = TrainingDatasetGrants.from_training_dataset(self)
