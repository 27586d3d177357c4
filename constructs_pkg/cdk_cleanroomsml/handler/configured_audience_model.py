"""The configured audience model: how CloudFormation's three requests are carried out.

There is no idempotency token and no get-by-name, and whether a name must be unique is unknown. So a model carries tags
that name the stack, the logical id and the request it was created for:

**A repeated request** is recognised by its age. A fresh one (see `request.FRESH_SECONDS`) creates without looking, in
one call; any other looks for a model of its own request first, and adopts it.

**Two deliveries at the same time.** One that isn't fresh, or has become suspicious (no clear answer, a conflict, lost
time), looks again after it has created: the oldest model stays, and a delivery deletes only what it has just created.
Two fresh ones can't see each other with one call each. The model that CloudFormation doesn't take then goes together
with the one that it took.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from . import properties
from .answer import Answer, Failure
from .leftovers import SETTLE_SECONDS, Leftovers, Model, read_model
from .plan import Plan, plan
from .policy import CONFLICT, CREATE, GET, NOT_FOUND, TAG, UNCLEAR, UNTAG, UPDATE
from .request import Placeholder, is_own, markers, model_name

if TYPE_CHECKING:
    from .calls import Calls
    from .log import Log
    from .request import Request


class ConfiguredAudienceModel:
    """Carries out one request."""

    def __init__(self, request: Request, calls: Calls, log: Log, account: str, *, seen: bool) -> None:
        self._request = request
        self._calls = calls
        self._log = log
        self._account = account
        self._suspicious = seen
        # Whether a Create of this request may have had an effect that nobody has seen.
        self._unclear = seen or not request.is_fresh(calls.clock.now())
        self._leftovers = Leftovers(request, calls, log)
        self._model = calls.client.meta.service_model

    def create(self) -> Answer:
        """Creates the model, or adopts the one that an earlier delivery created."""
        wanted = self._wanted()
        try:
            return self._create(wanted)
        except Failure as failure:
            failure.unclear = self._unclear
            raise

    def update(self) -> Answer:
        """Updates the model, or replaces it; a resource that never came to be is created."""
        wanted = self._wanted()
        arn = self._request.physical_id
        if Placeholder.read(arn):
            return self._create(wanted)
        self._check_own(arn)
        model = read_model(self._calls, arn)
        if model is None:
            raise self._gone()
        shape = self._model.operation_model(CREATE).input_shape
        todo = plan(wanted, properties.previous(shape, self._request.old_properties), model.members)
        self._tell(todo)
        if todo.refusal:
            raise Failure(todo.refusal)
        if todo.abandoned or todo.replace:
            # An earlier replacement may have made a model, and never have answered.
            self._leftovers.remove_abandoned(model)
        if todo.replace:
            return self._create(wanted)
        self._apply(arn, todo)
        return _success(arn, model.name)

    def delete(self) -> Answer:
        """Deletes the model, and what else the same request left behind; looks at no properties."""
        physical_id = self._request.physical_id
        placeholder = Placeholder.read(physical_id)
        if placeholder:
            self._leftovers.remove_failed(placeholder)
        elif not self._is_model_arn(physical_id):
            self._leftovers.remove_orphan()
        else:
            self._check_own(physical_id)
            model = read_model(self._calls, physical_id)
            if model is not None:
                # Twins first: after a crash the next delivery still finds the model that leads to them.
                self._leftovers.remove_twins(model)
                self._leftovers.remove(physical_id)
        return Answer(physical_id)

    def _wanted(self) -> dict[str, Any]:
        return properties.wanted(self._model.operation_model(CREATE).input_shape, self._request.properties)

    # Create

    def _create(self, wanted: dict[str, Any]) -> Answer:
        name = model_name(self._request)
        adopted = None if self._is_first() else self._adopt(name)
        if adopted:
            return adopted
        tags = {**wanted.get("tags", {}), **markers(self._request)}
        output = self._calls(
            CREATE, {**wanted, "name": name, "tags": tags}, lambda trouble: self._look_again(name, trouble)
        )
        if isinstance(output, Answer):
            return output
        arn = str(output["configuredAudienceModelArn"])
        return _success(arn if self._is_first() else self._settle(arn, name), name)

    def _is_first(self) -> bool:
        return not self._suspicious and self._request.is_fresh(self._calls.clock.now())

    def _adopt(self, name: str, patience: float = 0) -> Answer | None:
        """The model that a Create of this request has made, if List shows it within so many seconds."""
        own = self._calls.until(lambda: self._leftovers.of_request(name, self._request.request_id), patience)
        if not own:
            return None
        arn = min(own, key=lambda model: model.seniority).arn
        self._log("adopt", arn=arn)
        return _success(arn, name)

    def _look_again(self, name: str, trouble: str) -> Answer | None:
        """After a failed Create: it may have had its effect, or another delivery may have been faster."""
        self._suspicious = self._suspicious or trouble in (UNCLEAR, CONFLICT)
        self._unclear = self._unclear or trouble == UNCLEAR
        adopted = self._adopt(name, SETTLE_SECONDS if trouble == UNCLEAR else 0) if self._suspicious else None
        if not adopted and trouble == CONFLICT:
            self._check_name(name)
        return adopted

    def _check_name(self, name: str) -> None:
        for model in self._leftovers.find(lambda model: model.name == name, lambda _: True):
            own = is_own(model.tags, self._request)
            owner = "another request for this resource" if own else "somebody else"
            raise Failure(f"the name is taken by {model.arn}, which {owner} created: change the name, or delete it")

    def _settle(self, arn: str, name: str) -> str:
        """Which of the request's models stays; deletes the new one when it is another."""

        def look() -> list[Model]:
            own = self._leftovers.of_request(name, self._request.request_id)
            # A List that shows the new model shows the older ones, too.
            return own if arn in [model.arn for model in own] else []

        own = self._calls.until(look, SETTLE_SECONDS) or self._leftovers.of_request(name, self._request.request_id)
        new = read_model(self._calls, arn)
        stays = min([*own, new] if new else own, key=lambda model: model.seniority, default=new)
        if stays is None or stays.arn == arn:
            return arn
        self._log("duplicate", deleted=arn, stays=stays.arn)
        self._leftovers.remove(arn)
        return stays.arn

    # Update

    def _apply(self, arn: str, todo: Plan) -> None:
        if todo.update:
            self._calls(
                UPDATE, {"configuredAudienceModelArn": arn, **todo.update}, lambda _: self._holds(arn, todo.update)
            )
        # Removing first: at no time are there more tags than before or after.
        if todo.untag:
            self._calls(UNTAG, {"resourceArn": arn, "tagKeys": todo.untag})
        if todo.tag:
            self._calls(TAG, {"resourceArn": arn, "tags": todo.tag})

    def _holds(self, arn: str, members: dict[str, Any]) -> bool | None:
        """After a failed Update: True when it had its effect all the same, None when it is to be tried again."""
        model = read_model(self._calls, arn)
        if model is None:
            raise self._gone()
        return all(model.members.get(name) == value for name, value in members.items()) or None

    def _gone(self) -> Failure:
        return Failure(
            f"{self._request.physical_id} does not exist, it was deleted outside of cloudformation: remove the resource"
            " from the template and deploy, then add it again",
            NOT_FOUND,
        )

    def _tell(self, todo: Plan) -> None:
        self._log(
            "plan",
            update=sorted(todo.update),
            tag=sorted(todo.tag),
            untag=todo.untag,
            drift=todo.drift,
            replace=todo.replace,
            refusal=todo.refusal or None,
            abandoned=todo.abandoned,
        )

    # Ids

    def _is_model_arn(self, physical_id: str) -> bool:
        shape = self._model.operation_model(GET).input_shape.members["configuredAudienceModelArn"]
        return re.fullmatch(shape.metadata["pattern"], physical_id) is not None

    def _check_own(self, physical_id: str) -> None:
        """Sees to it that no id is sent to the service that can't be one of ours."""
        if not self._is_model_arn(physical_id):
            raise Failure(
                f"'{self._log.clean(physical_id)}' is not the ARN of a configured audience model, its creation was"
                " never answered: remove the resource from the template and deploy, then add it again"
            )
        region, account = physical_id.split(":")[3:5]
        if region != self._calls.region or account != (self._account or account):
            raise Failure(
                f"{physical_id} was not created by this function, which works in account {self._account} and Region"
                f" {self._calls.region}: it is left alone"
            )


def _success(arn: str, name: str) -> Answer:
    return Answer(arn, data={"ConfiguredAudienceModelArn": arn, "Name": name})
