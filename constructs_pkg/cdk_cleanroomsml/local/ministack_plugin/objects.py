"""What jobs read and write, in ministack's S3, with the permissions of the roles that they were given.

When IAM is enforced the role's permissions and its trust policy count, the bucket's policy, and those of the KMS key
that the bucket encrypts with: ministack's S3 asks for no permission on a key, so that is done here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import ministack.app
from botocore.exceptions import BotoCoreError, ClientError

from ..service.objects import Location, ObjectError, Role
from . import roles

if TYPE_CHECKING:
    from collections.abc import Callable

_PRINCIPAL = "cleanrooms-ml.amazonaws.com"

Opaque = Any
"""A client of botocore's, or an answer to one."""


class MinistackObjects:
    """The objects in the engine's buckets."""

    def read(self, location: Location, role: Role) -> bytes:
        """The content of an object."""
        get = partial(_client("s3", role).get_object, Bucket=location.bucket, Key=location.key)
        answer = _try(get, location)
        _use_key(location, role, "decrypt")
        body: bytes = answer["Body"].read()
        return body

    def look(self, location: Location, role: Role) -> None:
        """Tries whether a role may use a bucket; without IAM every role may."""
        if ministack.app.AUTH:
            _try(partial(_client("s3", role).get_bucket_location, Bucket=location.bucket), location)

    def write(self, location: Location, body: bytes, role: Role, *, in_parts: bool = False) -> None:
        """Writes an object."""
        _use_key(location, role, "generate_data_key")
        if in_parts:
            _use_key(location, role, "decrypt")
        put = partial(_put_parts if in_parts else _put, _client("s3", role), location, body)
        _try(put, location)


def _put(s3: Opaque, location: Location, body: bytes) -> None:
    s3.put_object(Bucket=location.bucket, Key=location.key, Body=body)


def _put_parts(s3: Opaque, location: Location, body: bytes) -> None:
    """All in one part, which is the last one and may be small."""
    place = {"Bucket": location.bucket, "Key": location.key}
    upload = {**place, "UploadId": s3.create_multipart_upload(**place)["UploadId"]}
    part = {"PartNumber": 1, "ETag": s3.upload_part(**upload, PartNumber=1, Body=body)["ETag"]}
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [part]})


def _client(name: str, role: Role) -> Opaque:
    try:
        return roles.client(name, role.arn, principal=_PRINCIPAL, source_arn=role.source_arn)
    except roles.NotTrustedError as error:
        raise ObjectError(str(error)) from error


def _use_key(location: Location, role: Role, operation: str) -> None:
    """Does with the bucket's KMS key what S3 does on the role's behalf, in the same encryption context."""
    account, region = role.arn.split(":")[4], role.source_arn.split(":")[3]
    rule = _encryption(roles.root_client("s3", account, region), location.bucket)
    key = rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
    if key is None:
        return
    of = location.bucket if rule.get("BucketKeyEnabled") else f"{location.bucket}/{location.key}"
    context = {"KeyId": key, "EncryptionContext": {"aws:s3:arn": f"arn:aws:s3:::{of}"}}
    make = partial(roles.root_client("kms", account, region).generate_data_key, **context, KeySpec="AES_256")
    kms = _client("kms", role)
    if operation == "decrypt":
        _try(partial(kms.decrypt, **context, CiphertextBlob=_try(make, location)["CiphertextBlob"]), location)
    else:
        _try(partial(kms.generate_data_key, **context, KeySpec="AES_256"), location)


def _encryption(s3: Opaque, bucket: str) -> dict[str, Any]:
    try:
        found = s3.get_bucket_encryption(Bucket=bucket)
    except ClientError:
        # None, or the bucket is another account's: then its policy lets the role write, and its key isn't asked.
        return {}
    rule: dict[str, Any] = found["ServerSideEncryptionConfiguration"]["Rules"][0]
    return rule


def _try(call: Callable[[], Opaque], location: Location) -> Opaque:
    try:
        return call()
    except (ClientError, BotoCoreError) as error:
        raise ObjectError(f"{location.uri}: {error}") from error
