"""The resource policy of a configured audience model: how CloudFormation's three requests are carried out.

A model has one policy document at most, and anybody who may can put it. It carries no markers and tells no time, so
whose it is can only be told by what it says, as far as the service guards a change:

**Put is guarded.** A Create demands that there is no policy, an Update names the hash of the one that it has read. With
which error the service refuses what a guard forbids is unknown: what Get shows then decides, whatever the code.

**Adopted** is a policy that says the same only if an earlier call of this request may have put it. A first call that is
clearly refused has met somebody else's, which may be a resource of the same stack under an old logical id.

**Taken over** is any other one only where the template says so, see `adopt` and `release`.

**Delete has no guard.** Get comes first, and a policy that says something else is left alone. So is one that
CloudFormation names as that of another logical id of the stack, which may have adopted it: a List of the stack tells.
What somebody puts between these calls is lost.
"""

from __future__ import annotations

from .document import Policy
from .operation import model_of
from .update import Update


class ConfiguredAudienceModelPolicy(Update):
    """Carries out one request: a Create, an Update or a Delete."""


__all__ = ["ConfiguredAudienceModelPolicy", "Policy", "model_of"]
