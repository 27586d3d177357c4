"""Faults on demand: what goes wrong on AWS, as plain data, so that it can be set in process and over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal

from .errors import ConnectionLost, Hang, ServiceError
from .model import SERVICES, service_model

if TYPE_CHECKING:
    from collections.abc import Iterable

PROPAGATION_MESSAGE = "The service is not authorized to assume the role provided in outputConfig.roleArn"


KINDS = ("error", "connection_lost", "hang", "slow")

COMMON_ERRORS = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InternalFailure",
        "InvalidSignatureException",
        "MalformedHttpRequestException",
        "NotAuthorized",
        "OptInRequired",
        "RequestAbortedException",
        "RequestEntityTooLargeException",
        "RequestExpired",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ThrottlingException",
        "TooManyRequestsException",
        "UnknownOperationException",
        "UnrecognizedClientException",
        "ValidationError",
    }
)
"""What any service of AWS may answer (API reference, "Common Errors"), and what its front ends are known to."""


@dataclass
class Fault:
    """The next calls of an operation go wrong.

    Attributes:
        operation: the operation's name, such as `CreateConfiguredAudienceModel`; `*` is every operation.
        kind: `error` answers with an error, `connection_lost` and `hang` with nothing, `slow` late.
        times: how many calls; None: until the fault is removed.
        after_effect: the call takes effect first; a call that fails by itself doesn't count.
        error: the error's code, for `error`.
        message: the error's text.
        members: further members of the error, such as `{"quotaName": …, "quotaValue": …}`.
        seconds: how long `slow` waits, and `hang` keeps the connection open (in process it ends at once).
    """

    operation: str
    kind: Literal["error", "connection_lost", "hang", "slow"] = "error"
    times: int | None = 1
    after_effect: bool = False
    error: str = "InternalServiceException"
    message: str = "injected fault"
    members: dict[str, Any] = field(default_factory=dict)
    seconds: float = 900

    def __post_init__(self) -> None:
        """Refuses what could never strike, so that a test with a typing error doesn't pass.

        Raises:
            ValueError: there is no such operation, kind or error; all that is wrong in one message.
        """
        operations = {name for service in SERVICES for name in service_model(service).operations}
        errors = {name for service in SERVICES for name in service_model(service).errors} | COMMON_ERRORS
        problems = [
            *unknown("operation", self.operation, {"*", *operations}),
            *unknown("kind", self.kind, KINDS),
            *unknown("error", self.error, errors),
        ]
        if self.times is not None and (
            isinstance(self.times, bool) or not isinstance(self.times, int) or self.times < 0
        ):
            problems.append(f"times must be a number of calls, or None for all, got {self.times!r}")
        if problems:
            raise ValueError("; ".join(problems))

    def strike(self) -> None:
        """Raises what the client is to see; `slow` raises nothing."""
        if self.kind == "connection_lost":
            raise ConnectionLost
        if self.kind == "hang":
            raise Hang(self.seconds)
        if self.kind == "error":
            raise ServiceError(self.error, self.message, **self.members)


@dataclass
class RolePropagation:
    """A role that the service hasn't seen yet isn't usable at once.

    Attributes:
        calls: how many calls that name a new role are refused; 0: none.
        error: the code of the refusal; AWS uses `AccessDeniedException` and `ValidationException`.
        message: its text.
    """

    calls: int = 0
    error: str = "ValidationException"
    message: str = PROPAGATION_MESSAGE


@dataclass
class TokenBucket:
    """What an account may still ask for in a Region.

    Attributes:
        tokens: requests that are taken at once.
        filled: when it was last filled; seconds since the epoch.
    """

    tokens: float
    filled: float

    def take(self, a_second: float, now: float) -> bool:
        """Takes a token, if there is one; the bucket holds those of a second, and one at least."""
        self.tokens = min(max(1.0, a_second), self.tokens + a_second * (now - self.filled))
        self.filled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass
class Faults:
    """All faults of a service.

    Attributes:
        queue: faults of single calls; the first that fits a call strikes.
        role_propagation: what happens to the first calls that name a new role.
        refuse_delete: DeleteConfiguredAudienceModel answers Conflict until this is switched off.
        list_lag: the first n Lists after a Create don't show what is new: a model, configured or not, an association.
        delete_lag: n Gets after a Delete of one of these still answer; meanwhile Lists show it, too.
        response_statuses: what the ResponseURL of the engine's CloudFormation answers to the next answers of functions
            instead of taking them, such as 403, 404 or 503; a redirect leads to the same URL.
        requests_a_second: what the service takes from an account in a Region, as a token bucket has it: so many a
            second, and as many at once. What comes beyond is throttled, whatever the operation. 0: it takes all.
    """

    queue: list[Fault] = field(default_factory=list)
    role_propagation: RolePropagation = field(default_factory=RolePropagation)
    refuse_delete: bool = False
    list_lag: int = 0
    delete_lag: int = 0
    response_statuses: list[int] = field(default_factory=list)
    requests_a_second: float = 0

    def add(self, *faults: Fault) -> None:
        """Adds faults behind those that are already waiting."""
        self.queue.extend(faults)

    def take(self, operation: str, *, after_effect: bool) -> Fault | None:
        """The fault that strikes this call at this moment, if any; it has struck one time more then."""
        for fault in self.queue:
            fits = fault.operation in ("*", operation) and fault.after_effect == after_effect
            if fits and fault.times != 0:
                fault.times = None if fault.times is None else fault.times - 1
                return fault
        return None


def unknown(what: str, value: str, known: Iterable[str]) -> list[str]:
    """The problem with a word that is none of those known, if it isn't: it names those that are like it."""
    if value in known:
        return []
    close = get_close_matches(str(value), known, n=3, cutoff=0.6) or sorted(known)
    return [f"there is no {what} {value!r}; there {'is' if len(close) == 1 else 'are'}: {', '.join(close)}"]
