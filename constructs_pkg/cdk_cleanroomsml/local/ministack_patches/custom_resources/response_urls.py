"""The ResponseURL of a custom resource says when it was signed and when it expires, as one of S3's does."""

from __future__ import annotations

import base64
import secrets
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ...service import Switches


def refused(headers: Mapping[str, str], query: Mapping[str, list[str]]) -> str:
    """Why S3 would refuse a PUT, if it would: it is too late, or the signature doesn't cover what is sent.

    S3 user guide, "Uploading objects with presigned URLs"; version 2 signs the content type, which is empty here.
    """
    given = {name: values[0] for name, values in query.items()}
    if "X-Amz-Date" in given:
        signed = datetime.strptime(given["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        ends = signed.timestamp() + int(given["X-Amz-Expires"])
    else:
        ends = int(given.get("Expires", "0"))
        if headers.get("content-type"):
            return "SignatureDoesNotMatch"
    return "AccessDenied" if time.time() > ends else ""


def presigned(url: str, switches: Switches, sent: float) -> str:
    """A response URL with the query of one that S3 presigned at that time; nobody checks the signature."""
    if switches.response_url_signature == "v2":
        query = {
            "AWSAccessKeyId": f"AKIA{secrets.token_hex(8).upper()}",
            "Expires": str(int(sent) + switches.response_url_seconds),
            "Signature": base64.b64encode(secrets.token_bytes(20)).decode(),
        }
    else:
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(sent)),
            "X-Amz-SignedHeaders": "host",
            "X-Amz-Expires": str(switches.response_url_seconds),
            "X-Amz-Signature": secrets.token_hex(32),
        }
    return f"{url}?{urlencode(query)}"
