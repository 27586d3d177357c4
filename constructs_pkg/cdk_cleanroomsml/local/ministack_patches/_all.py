"""All patches of ministack, in the order in which they go on top of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import (
    bucket_encryption,
    code_permissions,
    condition_keys,
    empty_texts,
    ended_executions,
    execution_credentials,
    execution_timeout,
    forked_functions,
    function_errors,
    log_streams,
    payload_limit,
    schedule_resource,
    schedules,
    sdk_integrations,
    secure_transport,
    succeed_output,
    task_history,
    template_validation,
    turned_clock,
)
from .custom_resources import requests as custom_resource_requests
from .custom_resources import responses, retries
from .stack_operations import delete_in_progress, deleted_resources, nested_in, physical_ids
from .stack_operations import requests as stack_requests

if TYPE_CHECKING:
    from ..service import CleanRoomsML


def install(service: CleanRoomsML) -> None:
    """Patches ministack.

    Args:
        service: its clock, its switches and its faults are those of the rest, too.
    """
    secure_transport.install()
    condition_keys.install()
    bucket_encryption.install()
    responses.install(service)
    retries.install(service)
    custom_resource_requests.install(service)
    stack_requests.install(service)
    template_validation.install()
    empty_texts.install()
    delete_in_progress.install()
    deleted_resources.install()
    nested_in.install()
    physical_ids.install()
    code_permissions.install()
    execution_credentials.install()
    log_streams.install()
    forked_functions.install()
    function_errors.install()
    ended_executions.install()
    execution_timeout.install(service)
    sdk_integrations.install(service)
    payload_limit.install()
    task_history.install()
    succeed_output.install()
    turned_clock.install(service)
    schedules.install(service)
    schedule_resource.install()
