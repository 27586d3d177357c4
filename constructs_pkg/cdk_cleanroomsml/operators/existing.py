"""What exists under ARNs, as far as a program that defines it has to know."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from .account import code_of, is_missing
from .holdings import Holdings
from .outcome import CommandError

if TYPE_CHECKING:
    from .account import Account, Members

_ARN = re.compile(
    r"arn:aws[-a-z]*:(?P<service>cleanrooms(?:-ml)?):(?P<region>[-a-z0-9]+):(?P<account>\d{12}):"
    r"(?P<kind>training-dataset|audience-model|configured-audience-model|membership)/(?P<rest>.+)"
)
_ASSOCIATION = re.compile(r"(?P<membership>[-0-9a-f]+)/configuredaudiencemodelassociation/(?P<id>[-0-9a-f]+)")
_ALLOWED = "a training dataset, an audience model, a configured audience model, or its association"


@dataclass
class Existing:
    """All that was found, each by its ARN, as Get answers it.

    Attributes:
        policies: the documents of resource policies that Clean Rooms doesn't manage itself, by the model's ARN.
        keys: the key that a bucket is encrypted with, by the bucket's name; "" when it is AWS's.
        locations: where the data of a training dataset lies, by its ARN.
        notes: what can't be known, or must be seen to.
    """

    configured_audience_models: dict[str, Members] = field(default_factory=dict)
    audience_models: dict[str, Members] = field(default_factory=dict)
    training_datasets: dict[str, Members] = field(default_factory=dict)
    associations: dict[str, Members] = field(default_factory=dict)
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    locations: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Reader:
    """Reads what ARNs name, and what belongs to it: of a configured audience model the whole chain."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._holdings = Holdings(account)
        self.found = Existing()

    def read(self, arns: list[str]) -> Existing:
        """Reads all that the ARNs name.

        Raises:
            CommandError: one isn't such an ARN, is elsewhere, or there is nothing under it.
        """
        for arn in dict.fromkeys(arns):
            kind, rest = self._parsed(arn)
            if kind == "configured-audience-model":
                self._model(arn)
            elif kind == "audience-model":
                self._audience_model(arn)
            elif kind == "training-dataset":
                self._dataset(arn)
            else:
                self._association(rest)
        offered = {
            each["configuredAudienceModelArn"]
            for each in self.found.associations.values()
            if each["manageResourcePolicies"]
        }
        for arn in sorted(offered & set(self.found.policies)):
            # One or the other owns the document.
            del self.found.policies[arn]
        return self.found

    def _parsed(self, arn: str) -> tuple[str, str]:
        match = _ARN.fullmatch(arn)
        if match is None or (match["kind"] == "membership" and not _ASSOCIATION.fullmatch(match["rest"])):
            raise CommandError(f"'{arn}' is not the ARN of {_ALLOWED}")
        if (match["region"], match["account"]) != (self._account.region, self._account.id):
            raise CommandError(
                f"{arn} is not in {self._account.region} of account {self._account.id}, where this works: name the"
                " Region and the profile with --region and --profile"
            )
        return match["kind"], match["rest"]

    def _get(self, operation: str, service: str = "cleanroomsml", **address: str) -> Members:
        answer = self._account.find(service, operation, **address)
        if answer is None:
            raise CommandError(f"there is nothing under {next(reversed(address.values()))}, or not any more")
        return answer

    def _model(self, arn: str) -> None:
        model = self._get("get_configured_audience_model", configuredAudienceModelArn=arn)
        self.found.configured_audience_models[arn] = model
        policy = self._holdings.policy(arn)
        if policy is not None:
            self.found.policies[arn] = json.loads(policy["configuredAudienceModelPolicy"])
        self._bucket(model["outputConfig"]["destination"]["s3Destination"]["s3Uri"])
        self._audience_model(model["audienceModelArn"])
        for each in self._holdings.associations():
            if each["configuredAudienceModelArn"] == arn:
                self._association(each["arn"].partition(":membership/")[2])

    def _audience_model(self, arn: str) -> None:
        self.found.audience_models[arn] = self._get("get_audience_model", audienceModelArn=arn)

    def _dataset(self, arn: str) -> None:
        dataset = self._get("get_training_dataset", trainingDatasetArn=arn)
        self.found.training_datasets[arn] = dataset
        source = dataset["trainingData"][0]["inputConfig"]["dataSource"]["glueDataSource"]
        catalog = {"CatalogId": source["catalogId"]} if source.get("catalogId") else {}
        try:
            table = self._account.call(
                "glue", "get_table", DatabaseName=source["databaseName"], Name=source["tableName"], **catalog
            )["Table"]
        except ClientError as error:
            if not is_missing(error):
                raise
            table = {}
        location = table.get("StorageDescriptor", {}).get("Location", "")
        if location.startswith("s3"):
            self.found.locations[arn] = re.sub("^s3[an]?://", "s3://", location)
            self._bucket(self.found.locations[arn])
        else:
            self.found.notes.append(f"where the data of {arn} lies is not known from here: its table doesn't tell")

    def _association(self, rest: str) -> None:
        match = _ASSOCIATION.fullmatch(rest)
        membership, own = match.groups() if match else ("", "")
        found = self._get(
            "get_configured_audience_model_association",
            "cleanrooms",
            membershipIdentifier=membership,
            configuredAudienceModelAssociationIdentifier=own,
        )["configuredAudienceModelAssociation"]
        tags = self._holdings.tags_of_association(found["arn"])
        if tags is None:
            self.found.notes.append(
                f"the tags of {found['arn']} are not known from here: the service doesn't tell them"
            )
        self.found.associations[found["arn"]] = {**found, "tags": tags or {}}

    def _bucket(self, uri: str) -> None:
        name = uri.removeprefix("s3://").partition("/")[0]
        try:
            rules = self._account.call("s3", "get_bucket_encryption", Bucket=name)
            default = rules["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"]
            self.found.keys[name] = default.get("KMSMasterKeyID", "")
        except ClientError as error:
            if not is_missing(error) and code_of(error) not in (
                "AccessDenied",
                "ServerSideEncryptionConfigurationNotFoundError",
            ):
                raise
            why = (
                "it doesn't exist"
                if is_missing(error)
                else f"S3 said {code_of(error)}, 'generate' needs s3:GetEncryptionConfiguration"
            )
            self.found.notes.append(f"the key of the bucket {name} is not known from here: {why}")
