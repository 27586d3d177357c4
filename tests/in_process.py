"""Clients of the service in process that tests share: to make one takes longer than most tests."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.utils import parse_timestamp

from cdk_cleanroomsml.local.service import client

if TYPE_CHECKING:
    from cdk_cleanroomsml.local.service import CleanRoomsML
    from cdk_cleanroomsml.local.service.model import ServiceName

ACCOUNT = "111122223333"


class _Line:
    """Leads to the service of the test that runs."""

    service: CleanRoomsML

    def handle(self, *request: Any, **about: Any) -> Any:
        return self.service.handle(*request, **about)


def shared_client(
    service: CleanRoomsML,
    name: ServiceName = "cleanroomsml",
    *,
    account: str = ACCOUNT,
    parameter_validation: bool = True,
) -> Any:
    """A client that retries nothing; what had it before talks to this service now, too."""
    made, line = _made(name, account, parameter_validation)
    line.service = service
    return made


@cache
def _made(name: ServiceName, account: str, parameter_validation: bool) -> tuple[Any, _Line]:
    line = _Line()
    config = Config(parameter_validation=parameter_validation, retries={"total_max_attempts": 1})
    return unsigned(client(line, name, account=account, config=config)), line  # type: ignore[arg-type]


def unsigned(client: Any) -> Any:
    """Leaves out what nobody in process looks at, and what takes half of the time of a call.

    These are the signature, what a client says of itself, and reading the same time again.
    """
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.unregister(f"request-created.{service}", client._request_signer.handler)
    client._user_agent_creator.to_string = lambda: "a test"
    client._endpoint._response_parser_factory.set_parser_defaults(timestamp_parser=cache(parse_timestamp))
    return client
