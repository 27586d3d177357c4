"""What nobody outside AWS knows about the service: a switch each, so that every reading can be tried."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

Names = Literal["repeat", "unique", "answered"]
RefusalCode = Literal["ValidationException", "AccessDeniedException", "ConflictException", "ResourceNotFoundException"]

VARIABLE = "CLEANROOMSML_SWITCHES"
"""The environment variable that says in which position the switches are from the start, and after each reset:
`surprised`, or a JSON object, such as `{"association_names": "repeat"}`."""

CHOSEN = frozenset({"training_seconds", "training_fails", "deleting_fails", "job_seconds"})
"""Switches that are no unknowns: how long something takes and how it ends is for whoever tests to choose."""

_OTHER_NUMBERS: dict[str, tuple[float, ...]] = {
    "default_page_size": (2,),
    "deleted_after_seconds": (3,),
    "deleting_seconds": (3,),
    "iam_seconds": (2,),
    "listed_after_seconds": (5,),
    "readable_after_seconds": (1,),
    "response_url_seconds": (7199,),
    "role_seconds": (4,),
}
"""What else a number may be, so far as it matters: more than one call takes, and less than what is waited for."""


@dataclass(slots=True)
class Switches:
    """The unknowns, with the reading that is the default.

    Attributes:
        configured_audience_model_names: what becomes of a Create under a name that a configured audience model of the
            account and Region has: it makes one more (`repeat`), it is refused with Conflict (`unique`), or it
            succeeds, changes nothing, and answers with what has the name (`answered`): the model calls Create
            idempotent. `repeat`: no document says otherwise, and duplicates are the harder case for a client.
        audience_model_names: the same of audience models.
        association_names: the same of the associations of one membership. `unique`: the model lists Conflict.
        one_association_per_model: whether a model may be associated with a membership once only.
        audience_model_must_be_active: whether a configured model may refer only to an ACTIVE audience model.
            On: the user guide configures after training.
        inactive_audience_model_error: the error when it isn't.
        child_resource_tag_on_create_policy: what Get answers when Create named none; None leaves it out.
        empty_description: what becomes of `""`, which the model allows: Get answers it (`kept`), or nothing
            (`left_out`), or it is refused with Validation (`refused`).
        update_resets: whether UpdateConfiguredAudienceModel resets the optional members that it isn't given to what a
            Create without them has, and the Update of an association its description. Off: all but the ARN is optional
            there, as in a PATCH.
        update_passes_role: whether UpdateConfiguredAudienceModel needs iam:PassRole on the model's role when it is
            given no `outputConfig`. The Service Authorization Reference lists the action for the operation.
        role_seconds: for how long after it was first named a role isn't usable; the error is that of
            `unusable_role_error`.
        roles_are_tried: whether Create and Update of a configured model try whether the role may use the bucket, and
            refuse it otherwise. Only with IAM enforced.
        unusable_role_error: the error of a role that can't be assumed yet, or may not use the bucket.
        iam_seconds: for how long the engine's IAM goes on as before after a role's policies have changed.
        error_messages: whether the messages of what is refused are `telling` or `bare`. What the service says in words
            is nowhere documented; what a fault says stays as it is.
        stale_policy_hash_error: the error when `previousPolicyHash` or `policyExistenceCondition` doesn't
            hold. The model of Put lists no Conflict.
        policy_principals: whom a resource policy may name: `any` that IAM knows, or `accounts` only, as the user guide
            shows them.
        policy_needs_collaboration: whether a resource policy is refused that allows something without naming a
            collaboration. Off: the user guide says that it should name one.
        policies_are_rewritten: whether a resource policy comes back in other words: accounts as the ARN of their root,
            lists in another order, and of one element as the element.
        collaboration_arn_account: whose account stands in the ARN of a collaboration.
        european_regions: whether the service is in eu-west-2 and eu-north-1. On: CloudFormation has its types there.
        default_page_size: items on a page of a List without `maxResults`.
        readable_after_seconds: for how long after its Create nobody finds a model or an association by its ARN.
        listed_after_seconds: for how long after its Create a List doesn't show one.
        deleted_after_seconds: for how long after a Delete Get and List still show one.
        training_seconds: how long an audience model trains. 0: it is ACTIVE at once; AWS takes hours to days.
        training_fails: whether a training that ends now ends in CREATE_FAILED.
        training_delete_refused: whether an audience model can't be deleted while it is in training. On: its model
            lists Conflict.
        deleting_seconds: how long the deletion of an audience model takes; until then it is DELETE_PENDING, then
            DELETE_IN_PROGRESS. 0: it is gone at once.
        deleting_fails: whether a deletion that ends now ends in DELETE_FAILED.
        job_seconds: how long an audience generation job takes, and an export job. 0: it is done at once.
        finished_jobs_hold_models: whether a configured model can't be deleted as long as there is a generation job on
            it, be it done. Off: only those that wait or run. The API says "lookalike models".
        exports_are_multipart: whether a segment is written in parts, which takes `kms:Decrypt` where the bucket has a
            KMS key. Off: the user guide doesn't give it to the role.
        slash_before_segments: whether the service puts a slash between the destination and what it writes, if there
            is none.
        association_tags_refused: whether TagResource, UntagResource and ListTagsForResource refuse the ARN of
            an association. Their model allows 100 characters, and it has more. Off: the limit doesn't count there.
        sdk_integrations_retry: whether the SDK of Step Functions tries a throttled call, or one that ends in a 5xx,
            twice more before a state sees the error, as SDKs do.
        response_url_signature: how the ResponseURL is signed that CloudFormation sends: `v4` says when
            (`X-Amz-Date`), as URLs seen since 2019 do; `v2` says only when it expires (`Expires`), as older ones did.
        response_url_seconds: how long that URL says that it is valid; 7199 was seen, too.
        request_ids_repeat: whether CloudFormation uses a RequestId again when the same resource gets the
            same type of request again, as was seen when a deployment is retried.
    """

    configured_audience_model_names: Names = "repeat"
    audience_model_names: Names = "repeat"
    association_names: Names = "unique"
    one_association_per_model: bool = True
    audience_model_must_be_active: bool = True
    inactive_audience_model_error: Literal["ConflictException", "ValidationException"] = "ConflictException"
    child_resource_tag_on_create_policy: Literal["FROM_PARENT_RESOURCE", "NONE"] | None = "NONE"
    empty_description: Literal["kept", "left_out", "refused"] = "kept"
    update_resets: bool = False
    update_passes_role: bool = False
    role_seconds: float = 0
    roles_are_tried: bool = False
    unusable_role_error: RefusalCode = "ValidationException"
    iam_seconds: float = 0
    error_messages: Literal["telling", "bare"] = "telling"
    stale_policy_hash_error: Literal["ValidationException", "ConflictException"] = "ValidationException"
    policy_principals: Literal["any", "accounts"] = "any"
    policy_needs_collaboration: bool = False
    policies_are_rewritten: bool = False
    collaboration_arn_account: Literal["creator", "caller"] = "creator"
    european_regions: bool = True
    default_page_size: int = 100
    readable_after_seconds: float = 0
    listed_after_seconds: float = 0
    deleted_after_seconds: float = 0
    training_seconds: float = 0
    training_fails: bool = False
    training_delete_refused: bool = True
    deleting_seconds: float = 0
    deleting_fails: bool = False
    job_seconds: float = 0
    finished_jobs_hold_models: bool = False
    exports_are_multipart: bool = False
    slash_before_segments: bool = True
    association_tags_refused: bool = False
    sdk_integrations_retry: bool = False
    response_url_signature: Literal["v4", "v2"] = "v4"
    response_url_seconds: int = 7200
    request_ids_repeat: bool = False

    def __setattr__(self, name: str, value: object) -> None:
        """Refuses a value of another type: a text that says "false" would switch on.

        Raises:
            ValueError: the message says what is allowed.
            AttributeError: there is no such switch.
        """
        hint = _hints().get(name)
        if hint is not None and not _fits(value, hint):
            raise ValueError(f"{name} must be {_words(hint)}, got {value!r}")
        object.__setattr__(self, name, value)


def positions() -> dict[str, tuple[object, ...]]:
    """Every position of each unknown's switch, the default first; switches that are no unknowns aren't there."""
    return {
        each.name: (each.default, *(other for other in _all(each.name) if other != each.default))
        for each in fields(Switches)
        if each.name not in CHOSEN
    }


def surprised() -> Switches:
    """The service in which every answer surprises: each unknown's switch in the last of its positions."""
    last: dict[str, Any] = {name: values[-1] for name, values in positions().items()}
    return Switches(**last)


def from_environment() -> Switches:
    """The switches as `CLEANROOMSML_SWITCHES` has them: see `VARIABLE`.

    Raises:
        ValueError: it is neither `surprised` nor a JSON object of switches.
    """
    text = os.environ.get(VARIABLE, "")
    if not text or text == "surprised":
        return surprised() if text else Switches()
    document = json.loads(text)
    if not isinstance(document, dict) or not document.keys() <= {each.name for each in fields(Switches)}:
        raise ValueError(f"{VARIABLE} must be 'surprised' or a JSON object of switches, got {text!r}")
    return Switches(**document)


def _all(name: str) -> tuple[object, ...]:
    hint = _hints()[name]
    if hint is bool:
        return (False, True)
    return _OTHER_NUMBERS[name] if hint in (int, float) else tuple(_options(hint))


@cache
def _hints() -> dict[str, object]:
    return get_type_hints(Switches)


def _fits(value: object, hint: object) -> bool:
    if hint is bool:
        return isinstance(value, bool)
    if hint in (int, float):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return value in _options(hint)


def _words(hint: object) -> str:
    if hint is bool:
        return "true or false"
    return "a number" if hint in (int, float) else " or ".join(map(str, _options(hint)))


def _options(hint: object) -> list[object]:
    """The words of a Literal, and None where it is optional."""
    if get_origin(hint) is Literal:
        return list(get_args(hint))
    return [word for each in get_args(hint) for word in get_args(each) or (None,)]
