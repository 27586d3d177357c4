"""Attributes of resources that follow from their physical ids: what `Fn::GetAtt` of them stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .template import Place


def attribute(type_: str, name: str, physical_id: str, properties: dict[str, Any], place: Place) -> str | None:
    """An attribute of a resource; None when its physical id doesn't tell.

    Args:
        type_: the resource type.
        name: the attribute.
        physical_id: of the resource.
        properties: of the resource, resolved.
        place: where its stack is.
    """
    if name in _IS_THE_ID.get(type_, ()):
        return physical_id
    if name in _ENDS_THE_ID.get(type_, ()):
        return physical_id.rpartition("/")[2]
    if name != "Arn":
        return None
    if physical_id.startswith("arn:"):
        return physical_id
    if type_ == "AWS::IAM::Role":
        path = properties.get("Path", "/")
        return f"arn:{place.partition}:iam::{place.account}:role{path}{physical_id}" if isinstance(path, str) else None
    form = _ARNS.get(type_)
    return form and form.format(partition=place.partition, region=place.region, account=place.account, id=physical_id)


_IS_THE_ID = {
    "AWS::CleanRoomsML::TrainingDataset": ("TrainingDatasetArn",),
    "AWS::KMS::Key": ("KeyId",),
    "Custom::CleanRoomsConfiguredAudienceModelAssociation": ("ConfiguredAudienceModelAssociationArn",),
    "Custom::CleanRoomsMLAudienceModel": ("AudienceModelArn",),
    "Custom::CleanRoomsMLConfiguredAudienceModel": ("ConfiguredAudienceModelArn",),
}

_ENDS_THE_ID = {
    "AWS::CleanRooms::Collaboration": ("CollaborationIdentifier",),
    "AWS::CleanRooms::Membership": ("MembershipIdentifier",),
    "Custom::CleanRoomsConfiguredAudienceModelAssociation": ("ConfiguredAudienceModelAssociationIdentifier",),
}
"""The last part of an ARN, or all of what is only that."""

_ARNS = {
    "AWS::KMS::Key": "arn:{partition}:kms:{region}:{account}:key/{id}",
    "AWS::Lambda::Function": "arn:{partition}:lambda:{region}:{account}:function:{id}",
    "AWS::S3::Bucket": "arn:{partition}:s3:::{id}",
}
