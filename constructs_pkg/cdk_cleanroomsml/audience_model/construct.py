"""An audience model of AWS Clean Rooms ML."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, ClassVar

import aws_cdk as cdk

from ..common.arns import id_of
from ..common.environment import audience_models, environment_of_resource, stack_of
from ..common.imported import ImportedResource
from ..common.keys import key_arn_of
from ..common.parameter_types import checked
from ..common.problems import Problems
from ..common.property_injection import property_injectable
from ..common.removal_policy import check_removal_policy
from ..common.role_permissions import KEY_REGION, warn_of_another_account
from ..provider import Permission, TaggedCustomResource, check_adopt
from .grants import AudienceModelGrants
from .interface import AudienceModelReference
from .training_key import FOR_AWS, GRANT, USE, let_service_train_with, via_service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk.interfaces.aws_cleanroomsml import ITrainingDatasetRef
    from aws_cdk.interfaces.aws_kms import IKeyRef
    from constructs import Construct
    from typing_extensions import TypeIs

    from ..provider import Statements
    from .interface import IAudienceModel

RESOURCE_TYPE = "Custom::CleanRoomsMLAudienceModel"
WHERE_THE_DATASET_IS = "an audience model is trained only where its dataset is: use one of this account and Region"


@property_injectable
@checked
class AudienceModel(TaggedCustomResource):
    """What is trained on a training dataset, and what configured audience models make lookalike segments from.

    Creating one starts the training, and a deployment doesn't wait for it: training takes hours to two days (User
    Guide), CloudFormation waits for one hour. ``GetAudienceModel`` tells how far it is. Whether a configured audience
    model can be created before it is done isn't documented: with ``wait_for_audience_model`` a
    :class:`ConfiguredAudienceModel` waits for some minutes; without, a refusal of the service is answered with the hint
    to deploy again when the audience model is ``ACTIVE``. At most two are trained at a time (quota).

    An audience model is never trained again. Every change but one of tags is a replacement, and that is a training of a
    new audience model. For a new one each week from the same dataset there is :class:`AudienceModelRetraining`.

    What took days to train is kept when it is replaced, and when it leaves its stack: see ``removal_policy``. With
    ``DESTROY``, the service refuses to delete it while a configured audience model is based on it (API reference), and
    may do so while its training goes on; the deployment says which.

    ``cdk.Tags.of()`` reaches the audience model. ``apply_removal_policy`` does, too.
    """

    PROPERTY_INJECTION_ID: ClassVar[str] = "cdk-cleanroomsml.AudienceModel"
    """What ``cdk.PropertyInjectors`` know the class by."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        training_dataset: ITrainingDatasetRef,
        audience_model_name: str | None = None,
        training_data_start_time: datetime | None = None,
        training_data_end_time: datetime | None = None,
        encryption_key: IKeyRef | None = None,
        allow_encryption_key_use: bool = False,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        retrained: bool = False,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        adopt: str | None = None,
    ) -> None:
        """Defines the audience model.

        Every rule is the API reference's, if nothing else is said. All texts can be Tokens; what is only known at
        deployment is checked then, by the service.

        Args:
            scope: The construct that it belongs to.
            id: Its name there.
            training_dataset: What it is trained on, of the same account and Region: a :class:`TrainingDataset`, a
                ``cleanroomsml.CfnTrainingDataset``, or an import. A change replaces the audience model.
            audience_model_name: 1 to 63 printable characters, not only spaces. A change replaces the audience model,
                and with a name of your own so must any change but one of tags. Whether the service takes a name that an
                audience model has which was kept isn't documented. ``cdk.PhysicalName.GENERATE_IF_NEEDED`` is one only
                where another account or Region is told the name. Default: a name made from the stack's and the
                construct's, another one for each audience model.
            training_data_start_time: Where the training window starts, with a time zone. A change replaces the
                audience model. Default: no limit is named.
            training_data_end_time: Where it ends, after the start. A change replaces the audience model. Default: no
                limit is named.
            encryption_key: The customer managed key that encrypts the audience model. A change replaces it. What must
                be allowed on the key, and to whom, isn't documented, see ``allow_encryption_key_use``. Default: a key
                of the service.
            allow_encryption_key_use: Whether the function and Clean Rooms ML may use the key as is documented for
                custom models (inferred): Decrypt, DescribeKey, GenerateDataKey, and CreateGrant for resources of AWS;
                the function only by way of the service. If the key's policy can't be changed, a warning says so.
                Default: nothing is allowed here.
            description: Up to 255 printable characters and line breaks. A change replaces the audience model. Default:
                none.
            tags: Up to 47: the service allows 50 on a resource, and three mark the audience model as its stack's.
                Keys have 1 to 128 characters and don't start with ``aws:``, values up to 256. Updated in place.
                Default: none but those of ``cdk.Tags``.
            retrained: Whether something other than the template may delete it, because newer ones take its place. A
                deployment then takes no offence when it is gone. :class:`AudienceModelRetraining` sees to it by itself.
                Default: when it is gone, an update fails and says so.
            removal_policy: What becomes of the audience model when it is replaced or leaves the stack. ``DESTROY``
                deletes it, and with it what a retraining has trained in its place. Default: it is kept, unless the
                deployment that creates it fails; so must be its dataset, which the service won't delete as long as the
                audience model is there.
            adopt: The ARN of an audience model that exists, of the same account and Region, ``ACTIVE`` or still in
                training. The first deployment takes it over instead of training one, and marks it. Nothing but tags
                can be changed in one that exists, so it fails, and changes nothing, if the template says anything else
                than what is there, name excepted; if the audience model is that of a living stack, or one that a
                retraining has trained. If the deployment is rolled back, the audience model is as it was before,
                earlier markers included. Once it is adopted, this is not read any more: leave it in or take it out.
                Under a new construct id in the same stack it moves the audience model: the old one's deletion leaves
                it alone. The function asks CloudFormation about stacks, so in a VPC it must reach that. Default: an
                audience model is trained.

        Raises:
            ValueError: Parameters break the rules, or name what is in another account or Region; the message lists
                all of them.
        """
        problems = Problems(scope, id)
        problems.name("audience_model_name", audience_model_name)
        problems.description(description)
        check_removal_policy(problems, removal_policy)
        key_arn = None if encryption_key is None else key_arn_of(encryption_key)
        problems.key("encryption_key", key_arn)
        stack = stack_of(scope)
        problems.resource("training_dataset", training_dataset, stack, WHERE_THE_DATASET_IS)
        problems.resource("encryption_key", encryption_key, stack, KEY_REGION, account=False)
        _check_times(problems, training_data_start_time, training_data_end_time)
        problems.tags("tags", tags)
        if adopt is not None:
            problems.arn("adopt", adopt, "audience-model")
            check_adopt(problems, adopt, stack, RESOURCE_TYPE)
        problems.raise_if_any()

        super().__init__(scope, id, stack=stack, type=RESOURCE_TYPE, name=audience_model_name)
        if encryption_key is not None:
            warn_of_another_account(self, "encryption_key", environment_of_resource(encryption_key).account)
        self._retrained_by: str | None = None
        self.grants: AudienceModelGrants = AudienceModelGrants.from_audience_model(self)
        """Permissions on the audience model, for others."""
        training_dataset_arn = training_dataset.training_dataset_ref.training_dataset_arn
        self._define(
            {
                # The request of CreateAudienceModel.
                "name": self._requested_name(),
                "description": description,
                "trainingDatasetArn": training_dataset_arn,
                "trainingDataStartTime": _text(training_data_start_time),
                "trainingDataEndTime": _text(training_data_end_time),
                "kmsKeyArn": key_arn,
            },
            tags=tags,
            removal_policy=removal_policy,
            adopt=adopt,
        )
        resource, permissions = self._resource, self._provider.permissions
        permissions.of_type(RESOURCE_TYPE, _needed_by_any, user=resource)
        permissions.named(
            _TRAIN, training_dataset_arn, what="TrainingDataset", type=RESOURCE_TYPE, user=resource, made_of=()
        )
        if encryption_key is not None and key_arn is not None and allow_encryption_key_use:
            let_service_train_with(self, encryption_key)
            via = tuple(via_service().items())
            for permission in (Permission(USE, via), Permission(GRANT, (*via, *FOR_AWS.items()))):
                permissions.named(permission, key_arn, what="Key", type=RESOURCE_TYPE, user=resource)
        if adopt is not None:
            self._take_over(adopt)
        if retrained:
            self.mark_retrained()

    @staticmethod
    def from_audience_model_arn(scope: Construct, id: str, audience_model_arn: str) -> IAudienceModel:
        """An audience model that is defined elsewhere, known by its ARN.

        Args:
            scope: The construct that the import belongs to.
            id: Its name there.
            audience_model_arn: The ARN, or a Token. The account and Region of the audience model are those of its ARN.

        Raises:
            ValueError: It is not the ARN of an audience model.
        """
        return _ImportedAudienceModel(Problems(scope, id), audience_model_arn)

    @staticmethod
    def from_audience_model_attributes(
        scope: Construct, id: str, *, audience_model_arn: str, account: str | None = None, region: str | None = None
    ) -> IAudienceModel:
        """An audience model that is defined elsewhere, of which more is known than its ARN.

        Args:
            scope: The construct that the import belongs to.
            id: Its name there.
            audience_model_arn: The ARN, or a Token.
            account: The account it is in, where the ARN is a Token. Default: that of the ARN; the stack's, if only the
                Region is given.
            region: The Region it is in, where the ARN is a Token. Default: that of the ARN; the stack's, if only the
                account is given.

        Raises:
            ValueError: It is not the ARN of an audience model, or that of another account or Region.
        """
        return _ImportedAudienceModel(Problems(scope, id), audience_model_arn, account=account, region=region)

    @staticmethod
    def is_audience_model(x: object) -> TypeIs[AudienceModel]:
        """Whether something is an audience model of this library that is defined in this application.

        Args:
            x: Anything.
        """
        return isinstance(x, AudienceModel)

    @property
    def audience_model_ref(self) -> AudienceModelReference:
        """A reference to it, for whatever takes an ``IAudienceModelRef``."""
        return AudienceModelReference(audience_model_arn=self.audience_model_arn)

    @property
    def audience_model_arn(self) -> str:
        """The ARN, a Token."""
        arn = self._resource.ref
        self._provider.served_arns.add(arn)
        return arn

    @property
    def audience_model_id(self) -> str:
        """The last part of the ARN, a Token."""
        return id_of(self.audience_model_arn)

    @property
    def audience_model_name(self) -> str:
        """The name, a Token: it is only known at deployment when it is generated."""
        return self._name()

    @property
    def audience_model_status(self) -> str:
        """How far the training was at the last deployment that touched the audience model, a Token.

        Right after it was created that is ``CREATE_PENDING`` or ``CREATE_IN_PROGRESS``. It doesn't follow the training;
        ``GetAudienceModel`` does.
        """
        return self._resource.get_att("Status").to_string()

    def mark_retrained(self, *, by: str | None = None) -> None:
        """Lets something other than the template delete it, see ``retrained``.

        Args:
            by: The value of the tag ``cdk-cleanroomsml:retraining`` of audience models that take its place. When this
                one leaves the stack and is deleted, with ``DESTROY``, they are, too, unless one of them is in use.
                Default: they stay.

        Raises:
            ValueError: Audience models with another value take its place already.
        """
        self._resource.add_property_override("Retrained", True)
        if by is None:
            return
        if self._retrained_by not in (None, by):
            raise ValueError(
                f"'{self.node.path}' is the initial audience model of two retrainings, {self._retrained_by!r} and"
                f" {by!r}: train another one for one of them, or leave initial_audience_model out there"
            )
        self._retrained_by = by
        self._resource.add_property_override("RetrainedBy", by)


def _check_times(problems: Problems, start: datetime | None, end: datetime | None) -> None:
    times = {"training_data_start_time": start, "training_data_end_time": end}
    naive = [f"{name} must have a time zone, got {time!r}" for name, time in times.items() if time and not _aware(time)]
    problems.found += naive
    if start and end and not naive and start >= end:
        problems.found.append(f"training_data_start_time must be before training_data_end_time, got {start} and {end}")


def _aware(time: datetime) -> bool:
    return time.utcoffset() is not None


def _text(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(timezone.utc).isoformat()


_TRAIN = Permission(("cleanrooms-ml:CreateAudienceModel",))
"""Authorised on the training dataset (Service Authorization Reference)."""


def _needed_by_any() -> Statements:
    """What the function needs for any audience model.

    Source: Service Authorization Reference. List knows no resource.
    """
    actions = (
        "cleanrooms-ml:GetAudienceModel",
        "cleanrooms-ml:DeleteAudienceModel",
        "cleanrooms-ml:TagResource",
        "cleanrooms-ml:UntagResource",
    )
    return {
        Permission(actions): (audience_models(),),
        Permission(("cleanrooms-ml:ListAudienceModels",)): ("*",),
    }


class _ImportedAudienceModel(ImportedResource):
    """An audience model that is defined elsewhere."""

    def __init__(self, problems: Problems, arn: str, *, account: str | None = None, region: str | None = None) -> None:
        problems.arn("audience_model_arn", arn, "audience-model")
        super().__init__(problems, arn, RESOURCE_TYPE, account=account, region=region)
        self.audience_model_arn = arn
        self.audience_model_id = id_of(arn)
        self.audience_model_ref = AudienceModelReference(audience_model_arn=arn)
        self.grants = AudienceModelGrants.from_audience_model(self)
