"""The ResponseURL of a custom resource says when it was signed and when it expires, as one of S3's does."""

from __future__ import annotations

import base64
import secrets
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from ...service import Switches


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
