"""What stands in for the AWS CLI where it isn't installed: one call of boto3, with its --query and --output text.

Operations, options and types are botocore's. It knows only scalar options, which is all that the pages use.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import boto3
import jmespath  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.exceptions import ClientError


def parse(arguments: list[str]) -> tuple[Any, str, dict[str, str], str | None]:
    """Reads a command line by the service model.

    Returns:
        The client, the operation, its input, and the query.
    """
    service, command, *rest = arguments
    client = boto3.client(service, region_name="us-east-1")
    operations = {xform_name(name, "-"): name for name in client.meta.service_model.operation_names}
    shape = client.meta.service_model.operation_model(operations[command]).input_shape
    parser = argparse.ArgumentParser(prog=f"aws {service} {command}", allow_abbrev=False)
    parser.add_argument("--query")
    parser.add_argument("--output", choices=["text"])
    for member, value in shape.members.items():
        many = {"nargs": "+"} if value.type_name == "list" else {}
        required = member in shape.required_members
        parser.add_argument(f"--{xform_name(member, '-')}", dest=f"member {member}", required=required, **many)
    read = vars(parser.parse_args(rest))
    members = {name[7:]: value for name, value in read.items() if name.startswith("member ") and value is not None}
    return client, command.replace("-", "_"), members, read["query"]


def text(value: object) -> str:
    """A value as `--output text` writes it."""
    if isinstance(value, list):
        nested = any(isinstance(item, list) for item in value)
        return ("\n" if nested else "\t").join(text(item) for item in value)
    return str(value)


def main() -> int:
    client, method, members, query = parse(sys.argv[1:])
    try:
        pages = client.get_paginator(method).paginate(**members) if client.can_paginate(method) else None
        output = pages.build_full_result() if pages else getattr(client, method)(**members)
    except ClientError as error:
        sys.stderr.write(f"{error}\n")
        return 255
    sys.stdout.write(text(jmespath.search(query, output) if query else output) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
