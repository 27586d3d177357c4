"""What can be counted in a cloud assembly."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .cases import Json


def templates(folder: Path) -> list[Path]:
    """The templates of the stacks, in the order of their numbers."""
    return sorted(folder.glob("*.template.json"), key=lambda path: (len(path.name), path.name))


def resources(template: Path) -> dict[str, dict[str, Any]]:
    """The resources of a template, by logical id."""
    found: dict[str, dict[str, Any]] = json.loads(template.read_text())["Resources"]
    return found


def archives(folder: Path) -> Iterator[tuple[str, bytes, list[str]]]:
    """What is uploaded for the stacks: hash, content, and keys in the bucket of assets."""
    seen = set()
    for manifest in folder.glob("*.assets.json"):
        for hash_, file in json.loads(manifest.read_text())["files"].items():
            source = folder / file["source"]["path"]
            if hash_ not in seen and source not in templates(folder):
                seen.add(hash_)
                content = _zip(source) if file["source"]["packaging"] == "zip" else source.read_bytes()
                yield hash_, content, [each["objectKey"] for each in file["destinations"].values()]


def count(folder: Path) -> dict[str, Json]:
    """Everything that can be counted.

    The largest of the stacks counts for what is limited in a stack: its resources (500) and its bytes (1,000,000). The
    permissions are the bytes of all policies of the roles that functions run with.
    """
    stacks = templates(folder)
    all_resources = [resources(stack) for stack in stacks]
    assets = [content for _, content, _ in archives(folder)]
    return {
        "template_bytes": sum(stack.stat().st_size for stack in stacks),
        "stack_bytes": max(stack.stat().st_size for stack in stacks),
        "resources": sum(map(len, all_resources)),
        "stack_resources": max(map(len, all_resources)),
        "types": dict(sorted(Counter(each["Type"] for one in all_resources for each in one.values()).items())),
        "assets": len(assets),
        "asset_bytes": sum(map(len, assets)),
        "permission_bytes": sum(map(_permission_bytes, all_resources)),
    }


def _permission_bytes(found: dict[str, dict[str, Any]]) -> int:
    documents: list[Json] = []
    for resource in found.values():
        properties = resource.get("Properties", {})
        if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            documents.append(properties["PolicyDocument"])
        elif resource["Type"] == "AWS::IAM::Role" and "lambda.amazonaws.com" in json.dumps(properties):
            documents += [each["PolicyDocument"] for each in properties.get("Policies", [])]
    return sum(len(json.dumps(document, separators=(",", ":"))) for document in documents)


def _zip(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return content.getvalue()
