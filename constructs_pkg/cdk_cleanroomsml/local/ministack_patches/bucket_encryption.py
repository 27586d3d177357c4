"""A bucket is encrypted with the key that its template names."""

# ruff: noqa: SLF001 - the whole point of this file

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, SubElement, tostring

from ministack.services import s3
from ministack.services.cloudformation import provisioners

if TYPE_CHECKING:
    from collections.abc import Callable


Json = Any
"""Whatever a JSON document holds."""

Properties = dict[str, Any]


def install() -> None:
    """Patches ministack's CloudFormation."""
    provisioners._s3_apply_configurations = _with_encryption(provisioners._s3_apply_configurations)


def _with_encryption(original: Callable[..., None]) -> Callable[..., None]:
    """Keeps the default encryption of a bucket with a key; ministack knows none with the key that AWS manages."""

    def apply(name: str, props: Properties, *rest: Json) -> None:
        original(name, props, *rest)
        rules = props.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
        s3._bucket_encryption.pop(name, None)
        for rule in rules:
            by_default = rule.get("ServerSideEncryptionByDefault", {})
            if "KMSMasterKeyID" in by_default:
                s3._bucket_encryption[name] = _encryption(by_default, bucket_key=rule.get("BucketKeyEnabled", False))

    return apply


def _encryption(by_default: Properties, *, bucket_key: Json) -> str:
    document = Element("ServerSideEncryptionConfiguration")
    rule = SubElement(document, "Rule")
    applied = SubElement(rule, "ApplyServerSideEncryptionByDefault")
    for member, value in by_default.items():
        SubElement(applied, member).text = value
    SubElement(rule, "BucketKeyEnabled").text = str(bucket_key).lower()
    return tostring(document, encoding="unicode")
