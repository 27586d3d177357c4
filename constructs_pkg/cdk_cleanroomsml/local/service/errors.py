"""What an operation raises instead of returning its output."""

from __future__ import annotations


class ServiceError(Exception):
    """An error answer; the service model gives its status and its members.

    Args:
        code: the name of the error's shape, such as `ConflictException`.
        message: the text that a person reads.
        members: further members of the error's shape, such as `quotaName`.
    """

    def __init__(self, code: str, message: str, **members: object) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.members = members


class NoAnswer(Exception):  # noqa: N818 - no error here: the client is to see one
    """The client is to get no answer at all; each transport shows that in its own way."""


class ConnectionLost(NoAnswer):
    """The connection breaks before the answer."""


class Hang(NoAnswer):
    """No answer comes until the client's read time-out.

    Args:
        seconds: how long a server keeps the connection open at most.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no answer for {seconds} s")
        self.seconds = seconds


def bare(error: ServiceError) -> ServiceError:
    """An error that says in words no more than its code does."""
    words = error.code.removesuffix("Exception")
    return ServiceError(error.code, f"The request failed: {words}", **error.members)


def validation(problems: list[str]) -> ServiceError:
    """All problems of a request in one `ValidationException`, in the words AWS uses."""
    noun = "validation error" if len(problems) == 1 else "validation errors"
    return ServiceError("ValidationException", f"{len(problems)} {noun} detected: {'; '.join(problems)}")
