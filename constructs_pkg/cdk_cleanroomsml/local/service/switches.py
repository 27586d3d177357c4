"""What nobody outside AWS knows about the service: a switch each, so that both readings can be tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args, get_origin, get_type_hints


@dataclass
class Switches:
    """The unknowns, with the reading that is the default.

    Attributes:
        unique_names: whether the name of an audience model, and of a configured one, must be unique among its
            like in its account and Region. Off: no document says so, and duplicates are the harder case for a client.
        existing_name_is_answered: whether a Create under a name that is taken succeeds, changes nothing, and answers
            with what has the name: models of both kinds and associations. Their model calls Create idempotent.
        audience_model_must_be_active: whether a configured model may refer only to an ACTIVE audience model.
            On: the user guide configures after training.
        child_resource_tag_on_create_policy: what Get answers when Create named none; None leaves it out.
        empty_description_is_kept: whether Get answers `""` once a description was set to that; off: nothing.
        stale_policy_hash_error: the error when `previousPolicyHash` or `policyExistenceCondition` doesn't
            hold. The model of Put lists no Conflict.
        default_page_size: items on a page of a List without `maxResults`.
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
        unique_association_names: whether a membership may have one association of a name only. On: the model
            lists Conflict.
        one_association_per_model: whether a model may be associated with a membership once only.
        association_tags_refused: whether TagResource, UntagResource and ListTagsForResource refuse the ARN of
            an association. Their model allows 100 characters, and it has more. Off: the limit doesn't count there.
        response_url_signature: how the ResponseURL is signed that the engine's CloudFormation sends: `v4` says when
            (`X-Amz-Date`), as URLs seen since 2019 do; `v2` says only when it expires (`Expires`), as older ones did.
        response_url_seconds: how long that URL says that it is valid; 7199 was seen, too.
        request_ids_repeat: whether the engine's CloudFormation uses a RequestId again when the same resource gets the
            same type of request again, as was seen when a deployment is retried.
    """

    unique_names: bool = False
    existing_name_is_answered: bool = False
    audience_model_must_be_active: bool = True
    child_resource_tag_on_create_policy: Literal["FROM_PARENT_RESOURCE", "NONE"] | None = "NONE"
    empty_description_is_kept: bool = True
    stale_policy_hash_error: Literal["ValidationException", "ConflictException"] = "ValidationException"
    default_page_size: int = 100
    training_seconds: float = 0
    training_fails: bool = False
    training_delete_refused: bool = True
    deleting_seconds: float = 0
    deleting_fails: bool = False
    job_seconds: float = 0
    finished_jobs_hold_models: bool = False
    unique_association_names: bool = True
    one_association_per_model: bool = True
    association_tags_refused: bool = False
    response_url_signature: Literal["v4", "v2"] = "v4"
    response_url_seconds: int = 7200
    request_ids_repeat: bool = False

    def __post_init__(self) -> None:
        """Refuses a value of another type: a text that says "false" would switch on.

        Raises:
            ValueError: the message says what is allowed.
        """
        for name, hint in get_type_hints(type(self)).items():
            value = getattr(self, name)
            if not _fits(value, hint):
                raise ValueError(f"{name} must be {_words(hint)}, got {value!r}")


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
