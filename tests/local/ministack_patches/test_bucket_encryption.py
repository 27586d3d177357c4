"""A bucket of a template is encrypted as the template says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.engine import Engine


def test_a_bucket_is_encrypted_with_the_key_that_its_template_names(stacks: Any, engine: Engine) -> None:
    key = "arn:aws:kms:us-east-1:111122223333:key/mine"
    rule = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    rules = [{**rule, "BucketKeyEnabled": True}]
    encryption = {"BucketEncryption": {"ServerSideEncryptionConfiguration": rules}}
    bucket: dict[str, Any] = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "kept", **encryption}}
    s3 = engine.client("s3")

    def encryption_rule() -> Any:
        return s3.get_bucket_encryption(Bucket="kept")["ServerSideEncryptionConfiguration"]["Rules"][0]

    stacks.create({"Bucket": bucket})
    assert encryption_rule() == {
        "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
        "BucketKeyEnabled": True,
    }
    s3.put_object(Bucket="kept", Key="key", Body=b"")
    assert s3.head_object(Bucket="kept", Key="key")["SSEKMSKeyId"] == key
    del rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    stacks.update({"Bucket": bucket})
    assert encryption_rule()["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
