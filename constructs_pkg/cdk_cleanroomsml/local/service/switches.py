"""What nobody outside AWS knows about the service: a switch each, so that both readings can be tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass
class Switches:
    """The unknowns, with the reading that is the default.

    Attributes:
        unique_names: whether the name of a configured audience model must be unique in its account and
            Region. Off: no document says so, and duplicates are the harder case for a client.
        audience_model_must_be_active: whether a configured model may refer only to an ACTIVE audience model.
            On: the user guide configures after training.
        child_resource_tag_on_create_policy: what Get answers when Create named none; None leaves it out.
        empty_description_is_kept: whether Get answers `""` once a description was set to that; off: nothing.
        stale_policy_hash_error: the error when `previousPolicyHash` or `policyExistenceCondition` doesn't
            hold. The model of Put lists no Conflict.
        default_page_size: items on a page of a List without `maxResults`.
        training_seconds: how long an audience model trains. 0: it is ACTIVE at once; AWS takes hours to days.
        training_fails: whether a training ends in CREATE_FAILED.
    """

    unique_names: bool = False
    audience_model_must_be_active: bool = True
    child_resource_tag_on_create_policy: Literal["FROM_PARENT_RESOURCE", "NONE"] | None = "NONE"
    empty_description_is_kept: bool = True
    stale_policy_hash_error: Literal["ValidationException", "ConflictException"] = "ValidationException"
    default_page_size: int = 100
    training_seconds: float = 0
    training_fails: bool = False
