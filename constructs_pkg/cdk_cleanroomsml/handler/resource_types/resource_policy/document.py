"""The document of a resource policy: as it is sent, as it is answered, and what means the same."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

# JSON has all types.
Document = Any


@dataclass(frozen=True)
class Policy:
    """A policy as Get answers it.

    Attributes:
        text: the document to the letter.
    """

    document: Document
    hash: str
    text: str = ""

    def says(self, document: Document) -> bool:
        """Whether it is this document, in whatever spelling."""
        return bool(canonical(self.document) == canonical(document))


def text_of(document: Document) -> str:
    """A document as it is sent: the same one always with the same hash."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def parsed(text: str) -> Document:
    """A document as Get answers it; the text itself where it is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def canonical(value: Document, name: str = "") -> Document:
    """One spelling for what means the same: lists have no order, and one item needs none; a principal's two names.

    Whether the service answers a document as it was put is unknown, and other services' policies are rewritten so.
    """
    if isinstance(value, dict):
        return {key: canonical(item, key) for key, item in value.items()}
    if isinstance(value, list):
        items = {json.dumps(canonical(item, name), sort_keys=True) for item in value}
        return json.loads(items.pop()) if len(items) == 1 else sorted(items)
    root = (
        re.fullmatch(r"arn:aws[-a-z]*:iam::([0-9]{12}):root", value)
        if name == "AWS" and isinstance(value, str)
        else None
    )
    return root[1] if root else value
