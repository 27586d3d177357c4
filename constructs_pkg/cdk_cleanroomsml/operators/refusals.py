"""What an error of AWS means to whoever runs the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)

from .account import ATTEMPTS, code_of, is_denied
from .outcome import DISTRIBUTION
from .permissions import action_of

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError

_NOT_VALID = (
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)


def explained(error: BotoCoreError | ClientError, command: str) -> str:
    """An error in one sentence, with what to do."""
    if isinstance(error, (SSOError, TokenRetrievalError)):
        return f"{error}: sign in with `aws sso login`, and the same --profile if you give one here"
    if isinstance(error, (CredentialRetrievalError, NoCredentialsError, PartialCredentialsError)):
        return f"{error}: give --profile, or credentials as the AWS CLI takes them"
    if isinstance(error, EndpointConnectionError):
        return f"{error}: is the Region meant, is the service in it, and is there a way to it from here?"
    if not isinstance(error, ClientError):
        return str(error)
    code, message = code_of(error), error.response["Error"].get("Message", "")
    operation = error.operation_name
    said = f"{operation} failed with {code}: {message}"
    if is_denied(error):
        action = action_of(command, operation, message)
        return f"{said}. '{command}' needs {action}; '{DISTRIBUTION} {command} --permissions' prints all that it needs"
    if code in _NOT_VALID:
        return (
            f"{said}. the credentials are not valid, or not any more; the clock here is wrong; or the Region is not"
            " enabled for the account"
        )
    if "Throttl" in code or code == "TooManyRequestsException":
        return f"{said}, {ATTEMPTS} times. try again when less goes on in the account"
    return said
