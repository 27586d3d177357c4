"""Audience generation and export jobs of the local service, of one account and of two."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from botocore.loaders import Loader

from cdk_cleanroomsml.local.service import CleanRoomsML, ObjectsInMemory, client
from cdk_cleanroomsml.local.service.objects import ObjectError

from ...in_process import shared_client

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.reading("every position of a switch is set by the test that is about it")

SHAPES = Loader().load_service_model("cleanroomsml", "service-2")["shapes"]
SEED = "s3://seeds/spring.jsonl"
SEED_ROLE = "arn:aws:iam::{}:role/cleanrooms-ml-seed"
OWN, PARTNER = "111122223333", "444455556666"


def lines(users: list[str]) -> bytes:
    return "\n".join(json.dumps({"user_id": user}) for user in users).encode()


def refused(ml: Any, code: str, text: str | None = None) -> Any:
    return pytest.raises(getattr(ml.exceptions, code), match=text)


@pytest.fixture
def objects() -> ObjectsInMemory:
    """A seed of 30 users, two of which the population has, too."""
    users = [f"seed-{n}" for n in range(28)] + ["user-00001", "user-00002"]
    return ObjectsInMemory({SEED: lines(users)})


@pytest.fixture
def service(clock: Any, objects: ObjectsInMemory) -> CleanRoomsML:
    return CleanRoomsML(now=clock, sleep=clock.move, objects=objects)


@pytest.fixture
def advertiser(service: CleanRoomsML) -> Any:
    """A client of Clean Rooms ML of the partner's account."""
    return shared_client(service, account=PARTNER)


@pytest.fixture
def model(ml: Any, request_: dict[str, Any]) -> str:
    made = ml.create_configured_audience_model(**request_, minMatchingSeedSize=25)
    return str(made["configuredAudienceModelArn"])


@pytest.fixture
def start(model: str) -> Callable[..., str]:
    """Starts a generation job and returns its ARN."""

    def call(ml: Any, name: str = "spring", *, account: str = OWN, **more: Any) -> str:
        seed = {"roleArn": SEED_ROLE.format(account), "dataSource": {"s3Uri": SEED}}
        request = {"name": name, "configuredAudienceModelArn": model, "seedAudience": seed}
        return str(ml.start_audience_generation_job(**request | more)["audienceGenerationJobArn"])

    return call


@pytest.fixture
def associated(rooms: Any, partner: Any, collaboration: str, membership: str, model: str) -> str:
    """The collaboration that the model is associated with, its policy managed, with both accounts as members."""
    partner.create_membership(collaborationIdentifier=collaboration, queryLogStatus="DISABLED")
    rooms.create_configured_audience_model_association(
        membershipIdentifier=membership,
        configuredAudienceModelArn=model,
        configuredAudienceModelAssociationName="lookalikes",
        manageResourcePolicies=True,
    )
    return collaboration


def get(ml: Any, arn: str) -> dict[str, Any]:
    answer = ml.get_audience_generation_job(audienceGenerationJobArn=arn)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def export(ml: Any, arn: str, name: str = "export", *, value: int = 20, kind: str = "ABSOLUTE") -> dict[str, Any]:
    """Exports a segment and returns the job, as List shows it."""
    size = {"type": kind, "value": value}
    ml.start_audience_export_job(name=name, audienceGenerationJobArn=arn, audienceSize=size)
    found: dict[str, Any] = ml.list_audience_export_jobs()["audienceExportJobs"][-1]
    return found


def users(objects: ObjectsInMemory, location: str) -> list[str]:
    """The users of the segment at a location."""
    (body,) = [body for uri, body in objects.contents.items() if uri.startswith(f"{location}/")]
    return [json.loads(line)["user_id"] for line in body.splitlines()]


class TestGeneration:
    def test_get_has_what_start_was_given(self, ml: Any, start: Any, model: str, clock: Any) -> None:
        arn = start(ml, description="for spring", includeSeedInOutput=True, tags={"team": "ads"})
        assert arn.startswith("arn:aws:cleanrooms-ml:us-east-1:111122223333:audience-generation-job/")
        assert get(ml, arn) == {
            "audienceGenerationJobArn": arn,
            "name": "spring",
            "description": "for spring",
            "configuredAudienceModelArn": model,
            "seedAudience": {"roleArn": SEED_ROLE.format(OWN), "dataSource": {"s3Uri": SEED}},
            "includeSeedInOutput": True,
            "status": "ACTIVE",
            "startedBy": OWN,
            "tags": {"team": "ads"},
            "createTime": clock(),
            "updateTime": clock(),
        }

    def test_it_takes_its_time(self, ml: Any, start: Any, service: CleanRoomsML) -> None:
        service.switches.job_seconds = 100
        arn = start(ml)
        seen = [get(ml, arn)["status"]]
        for _ in range(2):
            service.advance(50)
            seen.append(get(ml, arn)["status"])
        assert seen == ["CREATE_PENDING", "CREATE_IN_PROGRESS", "ACTIVE"]

    @pytest.mark.parametrize(
        ("seed", "message"),
        [
            (lines(["only", "two"]), "2 users of the seed match, 25 to 500000 are needed"),
            (lines(["one"] * 30), "1 users of the seed match"),
            (lines(["one"]) + b"\n\nuser", "line 3 of the seed is not"),
            (b'{"user": "one"}', "line 1 of the seed is not"),
            (b'{"user_id": 1}', "line 1 of the seed is not"),
            (b"[]", "line 1 of the seed is not"),
            (None, f"there is no object {SEED}"),
        ],
    )
    def test_a_seed_that_can_not_be_used_fails_it(
        self, ml: Any, start: Any, objects: ObjectsInMemory, seed: bytes | None, message: str
    ) -> None:
        objects.contents.clear()
        if seed is not None:
            objects.contents[SEED] = seed
        arn = start(ml)
        shown = get(ml, arn)
        assert shown["status"] == "CREATE_FAILED"
        assert message in shown["statusDetails"]["message"]
        with refused(ml, "ConflictException", "is CREATE_FAILED, not ACTIVE"):
            export(ml, arn)

    def test_a_query_for_the_seed_is_not_implemented(self, ml: Any, start: Any) -> None:
        with refused(ml, "ValidationException", "runs no query for a seed"):
            start(ml, seedAudience={"roleArn": SEED_ROLE.format(OWN), "sqlParameters": {"queryString": "SELECT 1"}})

    def test_what_it_needs(self, ml: Any, start: Any, model: str) -> None:
        with refused(ml, "ResourceNotFoundException", f"{model}x"):
            start(ml, configuredAudienceModelArn=f"{model}x")
        with refused(ml, "ValidationException", "tag"):
            start(ml, tags={"aws:x": "1"})
        for call in (ml.get_audience_generation_job, ml.delete_audience_generation_job):
            with refused(ml, "ResourceNotFoundException", "audience generation job"):
                call(audienceGenerationJobArn=model.replace("configured-audience-model", "audience-generation-job"))

    def test_a_name_is_unique(self, ml: Any, start: Any) -> None:
        start(ml)
        with refused(ml, "ConflictException", "named 'spring'"):
            start(ml)
        start(ml, "summer")

    def test_ten_may_be_pending(self, ml: Any, start: Any, service: CleanRoomsML) -> None:
        service.switches.job_seconds = 100
        for n in range(10):
            start(ml, f"job {n}")
        with refused(ml, "ServiceQuotaExceededException") as caught:
            start(ml)
        assert (caught.value.response["quotaName"], caught.value.response["quotaValue"]) == (
            "Pending audience generation jobs",
            10,
        )
        service.advance(100)
        start(ml)

    def test_list(self, ml: Any, start: Any, request_: dict[str, Any]) -> None:
        other = ml.create_configured_audience_model(**request_)["configuredAudienceModelArn"]
        start(ml, "first")
        start(ml, "second", configuredAudienceModelArn=other)
        first, second = ml.list_audience_generation_jobs()["audienceGenerationJobs"]
        shape = SHAPES["AudienceGenerationJobSummary"]
        assert set(shape["required"]) <= set(first) <= set(shape["members"])
        assert second["status"] == "CREATE_FAILED"  # the default asks for 500 users
        found = ml.list_audience_generation_jobs(configuredAudienceModelArn=other)["audienceGenerationJobs"]
        assert found == [second]
        page = ml.list_audience_generation_jobs(maxResults=1)
        rest = ml.list_audience_generation_jobs(nextToken=page["nextToken"])
        assert [*page["audienceGenerationJobs"], *rest["audienceGenerationJobs"]] == [first, second]

    def test_delete(self, ml: Any, start: Any, service: CleanRoomsML) -> None:
        service.switches.job_seconds = 100
        arn = start(ml)
        delete = partial(ml.delete_audience_generation_job, audienceGenerationJobArn=arn)
        with refused(ml, "ConflictException", "runs"):
            delete()
        service.advance(100)
        export(ml, arn)
        with refused(ml, "ConflictException", "an export of it, runs"):
            delete()
        service.advance(100)
        delete()
        with refused(ml, "ResourceNotFoundException"):
            get(ml, arn)
        assert ml.list_audience_export_jobs()["audienceExportJobs"] == []

    def test_its_model_stays_while_it_runs(self, ml: Any, start: Any, service: CleanRoomsML, model: str) -> None:
        service.switches.job_seconds = 100
        start(ml)
        with refused(ml, "ConflictException", "used by an audience generation job"):
            ml.delete_configured_audience_model(configuredAudienceModelArn=model)
        service.advance(100)
        ml.delete_configured_audience_model(configuredAudienceModelArn=model)

    def test_tags(self, ml: Any, start: Any) -> None:
        arn = start(ml, tags={"a": "1"})
        ml.tag_resource(resourceArn=arn, tags={"b": "2"})
        ml.untag_resource(resourceArn=arn, tagKeys=["a"])
        assert ml.list_tags_for_resource(resourceArn=arn)["tags"] == get(ml, arn)["tags"] == {"b": "2"}
        with refused(ml, "ResourceNotFoundException"):
            ml.list_tags_for_resource(resourceArn=f"{arn}x")


class TestExport:
    def test_it_writes_the_segment_where_the_model_says(self, ml: Any, start: Any, objects: ObjectsInMemory) -> None:
        job = export(ml, start(ml), value=20)
        shape = SHAPES["AudienceExportJobSummary"]
        assert set(shape["required"]) <= set(job) <= set(shape["members"])
        assert (job["name"], job["status"]) == ("export", "ACTIVE")
        assert job["outputLocation"].startswith("s3://bucket/prefix/")
        found = users(objects, job["outputLocation"])
        assert len(set(found)) == 20
        assert not {"user-00001", "user-00002"} & set(found)

    def test_the_same_seed_gives_the_same_and_a_larger_size_begins_alike(
        self, ml: Any, start: Any, objects: ObjectsInMemory
    ) -> None:
        first, again = start(ml), start(ml, "again")
        small = users(objects, export(ml, first, "small")["outputLocation"])
        assert users(objects, export(ml, again, "same")["outputLocation"]) == small
        one_percent = users(objects, export(ml, first, "large", kind="PERCENTAGE", value=1)["outputLocation"])
        assert (len(one_percent), one_percent[:20]) == (100, small)
        all_ = users(objects, export(ml, first, "all", value=20_000_000)["outputLocation"])
        assert len(all_) == 9_998

    def test_the_seed_comes_first_when_asked(self, ml: Any, start: Any, objects: ObjectsInMemory) -> None:
        arn = start(ml, includeSeedInOutput=True)
        found = users(objects, export(ml, arn, value=40)["outputLocation"])
        assert found[0] == "seed-0"
        assert found[28:30] == ["user-00001", "user-00002"]
        assert len(set(found)) == 40

    def test_the_models_sizes(self, ml: Any, start: Any, model: str) -> None:
        arn = start(ml)
        with refused(ml, "ValidationException", "101 is not a percentage"):
            export(ml, arn, kind="PERCENTAGE", value=101)
        sizes = {"audienceSizeType": "PERCENTAGE", "audienceSizeBins": [1, 5]}
        ml.update_configured_audience_model(configuredAudienceModelArn=model, audienceSizeConfig=sizes)
        for kind, value in (("ABSOLUTE", 5), ("PERCENTAGE", 2)):
            with refused(ml, "ValidationException", r"none of the model's: PERCENTAGE \[1, 5\]"):
                export(ml, arn, kind=kind, value=value)
        export(ml, arn, kind="PERCENTAGE", value=5)

    def test_it_takes_its_time(self, ml: Any, start: Any, service: CleanRoomsML, objects: ObjectsInMemory) -> None:
        arn = start(ml)
        service.switches.job_seconds = 100
        assert export(ml, arn)["status"] == "CREATE_PENDING"
        service.advance(50)
        assert ml.list_audience_export_jobs()["audienceExportJobs"][0]["status"] == "CREATE_IN_PROGRESS"
        service.advance(50)
        assert len(objects.contents) == 2
        assert ml.list_audience_export_jobs()["audienceExportJobs"][0]["status"] == "ACTIVE"

    def test_what_can_not_be_written_fails_it(
        self, ml: Any, start: Any, objects: ObjectsInMemory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def write(*_: Any, **__: Any) -> None:
            raise ObjectError("there is no bucket")

        arn = start(ml)
        monkeypatch.setattr(objects, "write", write)
        job = export(ml, arn)
        assert (job["status"], job["statusDetails"]["message"]) == ("CREATE_FAILED", "there is no bucket")
        assert "outputLocation" not in job

    def test_a_name_is_unique(self, ml: Any, start: Any) -> None:
        arn = start(ml)
        export(ml, arn)
        with refused(ml, "ConflictException", "named 'export'"):
            export(ml, arn)

    def test_twenty_may_be_pending(self, ml: Any, start: Any, service: CleanRoomsML) -> None:
        arn = start(ml)
        service.switches.job_seconds = 100
        for n in range(20):
            export(ml, arn, f"export {n}")
        with refused(ml, "ServiceQuotaExceededException") as caught:
            export(ml, arn)
        assert caught.value.response["quotaValue"] == 20

    def test_list_of_one_job(self, ml: Any, start: Any) -> None:
        first, second = start(ml), start(ml, "second")
        export(ml, first, "of first")
        export(ml, second, "of second")
        (found,) = ml.list_audience_export_jobs(audienceGenerationJobArn=second)["audienceExportJobs"]
        assert (found["name"], found["audienceGenerationJobArn"]) == ("of second", second)


class TestPartner:
    @pytest.fixture
    def job(self, advertiser: Any, start: Any, associated: str) -> str:
        """A job that the partner started, under the partner's ARN."""
        return str(start(advertiser, account=PARTNER, collaborationId=associated, tags={"theirs": "1"}))

    @staticmethod
    def owners(arn: str) -> str:
        """The same job's ARN, as the model's owner sees it."""
        return arn.replace(PARTNER, OWN)

    def test_each_account_sees_it_under_its_own_arn(self, ml: Any, advertiser: Any, job: str, associated: str) -> None:
        theirs, ours = get(advertiser, job), get(ml, self.owners(job))
        assert job.split(":")[4] == PARTNER
        assert (theirs["audienceGenerationJobArn"], ours["audienceGenerationJobArn"]) == (job, self.owners(job))
        assert (theirs["name"], ours["name"]) == ("spring", f"{PARTNER}-spring")
        assert theirs["startedBy"] == ours["startedBy"] == PARTNER
        assert theirs["collaborationId"] == ours["collaborationId"] == associated
        assert "seedAudience" not in ours
        assert theirs["seedAudience"]["dataSource"] == {"s3Uri": SEED}
        for caller, other in ((advertiser, self.owners(job)), (ml, job)):
            with refused(caller, "ResourceNotFoundException"):
                get(caller, other)

    def test_each_account_lists_it(self, ml: Any, advertiser: Any, job: str, associated: str) -> None:
        for caller, arn in ((advertiser, job), (ml, self.owners(job))):
            (found,) = caller.list_audience_generation_jobs(collaborationId=associated)["audienceGenerationJobs"]
            assert found["audienceGenerationJobArn"] == arn
        other = "00000000-0000-0000-0000-000000000000"
        assert ml.list_audience_generation_jobs(collaborationId=other)["audienceGenerationJobs"] == []

    def test_each_account_has_its_own_tags(self, ml: Any, advertiser: Any, job: str) -> None:
        ml.tag_resource(resourceArn=self.owners(job), tags={"ours": "1"})
        assert get(advertiser, job)["tags"] == {"theirs": "1"}
        assert get(ml, self.owners(job))["tags"] == {"ours": "1"}

    def test_the_models_tags_stay_with_its_owner(
        self, ml: Any, advertiser: Any, start: Any, service: CleanRoomsML, model: str, associated: str
    ) -> None:
        ml.tag_resource(resourceArn=model, tags={"team": "ads", "stage": "test"})
        service.resource(model)["childResourceTagOnCreatePolicy"] = "FROM_PARENT_RESOURCE"
        job = start(advertiser, account=PARTNER, collaborationId=associated)
        assert get(advertiser, job)["tags"] == {}
        assert get(ml, self.owners(job))["tags"] == {"team": "ads", "stage": "test"}
        assert get(ml, start(ml, "own", tags={"stage": "own"}))["tags"] == {"team": "ads", "stage": "own"}

    def test_either_exports_it_into_the_owners_bucket(
        self, ml: Any, advertiser: Any, job: str, objects: ObjectsInMemory
    ) -> None:
        theirs = export(advertiser, job)
        assert theirs["outputLocation"].startswith("s3://bucket/prefix/")
        seen = ml.list_audience_export_jobs(audienceGenerationJobArn=self.owners(job))["audienceExportJobs"]
        assert [each["name"] for each in seen] == [f"{PARTNER}-export"]
        export(ml, self.owners(job))
        assert len(objects.contents) == 3

    def test_either_deletes_it(self, ml: Any, advertiser: Any, job: str) -> None:
        ml.delete_audience_generation_job(audienceGenerationJobArn=self.owners(job))
        with refused(advertiser, "ResourceNotFoundException"):
            get(advertiser, job)

    def test_each_account_names_its_own(self, ml: Any, start: Any, job: str) -> None:
        assert get(ml, start(ml))["name"] == "spring"
        assert len({job, self.owners(job)}) == 2

    def test_nobody_else_sees_it(self, service: CleanRoomsML, job: str) -> None:
        stranger: Any = client(service, account="777788889999")
        assert stranger.list_audience_generation_jobs()["audienceGenerationJobs"] == []
        assert stranger.list_audience_export_jobs()["audienceExportJobs"] == []
        with refused(stranger, "ResourceNotFoundException"):
            get(stranger, job.replace(PARTNER, "777788889999"))

    def test_outside_the_collaboration_it_is_not_allowed(self, advertiser: Any, start: Any, associated: str) -> None:
        assert associated
        with refused(advertiser, "AccessDeniedException", "because it isn't allowed by the resource-based policy"):
            start(advertiser, account=PARTNER)

    def test_it_needs_the_association(
        self, rooms: Any, advertiser: Any, start: Any, associated: str, membership: str, ml: Any, model: str
    ) -> None:
        policy = ml.get_configured_audience_model_policy(configuredAudienceModelArn=model)
        (association,) = rooms.list_configured_audience_model_associations(membershipIdentifier=membership)[
            "configuredAudienceModelAssociationSummaries"
        ]
        rooms.delete_configured_audience_model_association(
            membershipIdentifier=membership, configuredAudienceModelAssociationIdentifier=association["id"]
        )
        begin = partial(start, advertiser, account=PARTNER, collaborationId=associated)
        with refused(advertiser, "AccessDeniedException", "resource-based policy"):
            begin()
        ml.put_configured_audience_model_policy(
            configuredAudienceModelArn=model, configuredAudienceModelPolicy=policy["configuredAudienceModelPolicy"]
        )
        with refused(advertiser, "ResourceNotFoundException", "is not associated with collaboration"):
            begin()

    def test_it_needs_a_membership(self, partner: Any, advertiser: Any, start: Any, associated: str) -> None:
        (membership,) = partner.list_memberships()["membershipSummaries"]
        partner.delete_membership(membershipIdentifier=membership["id"])
        with refused(advertiser, "ResourceNotFoundException", f"{PARTNER} has no membership in a collaboration"):
            start(advertiser, account=PARTNER, collaborationId=associated)

    def test_a_model_that_is_gone_is_not_told_from_one_that_is_closed(
        self, ml: Any, advertiser: Any, start: Any, model: str
    ) -> None:
        ml.delete_configured_audience_model(configuredAudienceModelArn=model)
        with refused(advertiser, "AccessDeniedException"):
            start(advertiser, account=PARTNER)


JOBS = f"arn:aws:cleanrooms-ml:us-east-1:{OWN}:audience-generation-job/*"


class TestResourcePolicy:
    """What a partner may do, statement by statement; the model's own ARN is filled in for MODEL."""

    @pytest.fixture
    def allows(self, ml: Any, advertiser: Any, start: Any, model: str) -> Callable[..., bool]:
        def call(*statements: dict[str, Any], whole: Any = None) -> bool:
            document = {"Version": "2012-10-17", "Statement": whole or list(statements)}
            text = json.dumps(document).replace("MODEL", model)
            ml.put_configured_audience_model_policy(
                configuredAudienceModelArn=model, configuredAudienceModelPolicy=text
            )
            try:
                start(advertiser, account=PARTNER)
            except advertiser.exceptions.AccessDeniedException:
                return False
            return True

        return call

    @staticmethod
    def statement(**changes: Any) -> dict[str, Any]:
        allow = {
            "Effect": "Allow",
            "Principal": {"AWS": [PARTNER]},
            "Action": ["cleanrooms-ml:StartAudienceGenerationJob"],
            "Resource": ["MODEL", JOBS],
        }
        return {name: value for name, value in {**allow, **changes}.items() if value is not None}

    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"Principal": "*"},
            {"Principal": {"AWS": "*"}},
            {"Principal": {"AWS": f"arn:aws:iam::{PARTNER}:root"}},
            {"Action": "cleanrooms-ml:start*"},
            {"Action": None, "NotAction": "s3:*"},
            {"Resource": "*"},
            {"Resource": "arn:aws:cleanrooms-ml:us-east-?:*"},
            {"Condition": {}},
        ],
    )
    def test_it_allows(self, allows: Any, changes: dict[str, Any]) -> None:
        assert allows(self.statement(**changes))

    @pytest.mark.parametrize(
        "changes",
        [
            {"Principal": {"AWS": [OWN]}},
            {"Principal": {"AWS": f"arn:aws:iam::{PARTNER}:role/theirs"}},
            {"Principal": {"Service": "cleanrooms-ml.amazonaws.com"}},
            {"Principal": None},
            {"Action": "cleanrooms-ml:Get*"},
            {"Action": None, "NotAction": "cleanrooms-ml:*"},
            {"Resource": "MODEL"},
            {"Resource": JOBS},
            {"Condition": {"StringEquals": {"cleanrooms-ml:CollaborationId": "x"}}},
            {"Condition": {"Null": {"cleanrooms-ml:CollaborationId": "true"}}},
            {"Effect": None},
        ],
    )
    def test_it_does_not_allow(self, allows: Any, changes: dict[str, Any]) -> None:
        assert not allows(self.statement(**changes))

    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"Principal": {"AWS": f"arn:aws:iam::{PARTNER}:role/theirs"}},
            {"Principal": {"Service": "x"}},
            {"Condition": {"Null": {"cleanrooms-ml:CollaborationId": "true"}}},
        ],
    )
    def test_a_deny_counts_more(self, allows: Any, changes: dict[str, Any]) -> None:
        assert not allows(self.statement(), self.statement(Effect="Deny", **changes))

    def test_a_deny_of_others(self, allows: Any) -> None:
        assert allows(self.statement(), self.statement(Effect="Deny", Principal={"AWS": "777788889999"}))

    def test_two_statements_for_the_two_resources(self, allows: Any) -> None:
        assert allows(self.statement(Resource="MODEL"), self.statement(Resource=JOBS))

    def test_a_single_statement(self, allows: Any) -> None:
        assert allows(whole=self.statement())

    def test_it_denies_the_owner_too(self, ml: Any, start: Any, model: str) -> None:
        deny = self.statement(Effect="Deny", Principal={"AWS": [OWN]}, Resource="*")
        text = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
        ml.put_configured_audience_model_policy(configuredAudienceModelArn=model, configuredAudienceModelPolicy=text)
        with refused(ml, "AccessDeniedException", "with an explicit deny in the resource-based policy"):
            start(ml)

    @pytest.mark.parametrize(
        ("operator", "value", "allowed"),
        [
            ("StringEquals", "{}", True),
            ("StringEquals", "other", False),
            ("StringEqualsIgnoreCase", "{}", True),
            ("StringLike", "????????-*", True),
        ],
    )
    def test_the_collaboration(
        self,
        ml: Any,
        advertiser: Any,
        start: Any,
        model: str,
        associated: str,
        operator: str,
        value: str,
        allowed: bool,
    ) -> None:
        condition = {operator: {"CleanRooms-ML:collaborationid": [value.format(associated)]}}
        document = {"Statement": [self.statement(Condition=condition)]}
        ml.put_configured_audience_model_policy(
            configuredAudienceModelArn=model,
            configuredAudienceModelPolicy=json.dumps(document).replace("MODEL", model),
        )
        begin = partial(start, advertiser, account=PARTNER, collaborationId=associated)
        if allowed:
            begin()
            return
        with refused(advertiser, "AccessDeniedException"):
            begin()
