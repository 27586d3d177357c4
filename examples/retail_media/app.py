"""A publisher offers lookalikes to an advertiser, and retrains them every week.

Two accounts, three stacks. `Training` and `Offer` are the publisher's: training
takes hours to days, so what needs a trained audience model is deployed when
there is one. `Campaign` is the advertiser's, who is told the collaboration.
"""

import aws_cdk as cdk
from aws_cdk import aws_cleanrooms as cleanrooms
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk_cleanroomsml import (
    AudienceModel,
    AudienceModelRetraining,
    AudienceSizes,
    CleanRoomsMLMonitoring,
    ConfiguredAudienceModel,
    ConfiguredAudienceModelAssociation,
    GlueTable,
    SeedAudience,
    SharedAudienceMetrics,
    TrainingColumn,
    TrainingDataset,
)

COLUMNS = {
    "shopper": "string",
    "product": "string",
    "bought_at": "bigint",
    "department": "string",
    "price": "double",
}


class Training(cdk.Stack):
    """What shoppers bought, and the first audience model trained on it."""

    def __init__(
        self, scope: Construct, id: str, *, env: cdk.Environment
    ) -> None:
        super().__init__(scope, id, env=env)
        bucket = s3.Bucket(
            self,
            "Data",
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        )
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=self.account,
            database_input=glue.CfnDatabase.DatabaseInputProperty(name="shop"),
        )
        table = glue.CfnTable(
            self,
            "Purchases",
            catalog_id=self.account,
            database_name=database.ref,
            table_input=glue.CfnTable.TableInputProperty(
                name="purchases",
                table_type="EXTERNAL_TABLE",
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    columns=[
                        glue.CfnTable.ColumnProperty(name=name, type=type_)
                        for name, type_ in COLUMNS.items()
                    ],
                    location=bucket.s3_url_for_object("purchases/"),
                ),
            ),
        )
        self.dataset = TrainingDataset(
            self,
            "Shoppers",
            columns=[
                TrainingColumn.user_id("shopper"),
                TrainingColumn.item_id("product"),
                TrainingColumn.timestamp("bought_at"),
                TrainingColumn.categorical_feature("department"),
                TrainingColumn.numerical_feature("price"),
            ],
            table=GlueTable.from_table(table),
            bucket=bucket,
            prefix="purchases",
        )
        self.audience_model = AudienceModel(
            self, "AudienceModel", training_dataset=self.dataset
        )
        cdk.CfnOutput(
            self,
            "AudienceModelArn",
            value=self.audience_model.audience_model_arn,
        )


class Offer(cdk.Stack):
    """What the publisher offers: one model, however often it is trained."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        env: cdk.Environment,
        training: Training,
        advertiser_account: str,
    ) -> None:
        super().__init__(scope, id, env=env)
        model = ConfiguredAudienceModel(
            self,
            "Lookalikes",
            description=self.node.get_context("description"),
            audience_model=training.audience_model,
            shared_audience_metrics=SharedAudienceMetrics.ALL,
            min_matching_seed_size=25,
            audience_sizes=AudienceSizes.percentage(1, 5, 10),
        )

        collaboration = cleanrooms.CfnCollaboration(
            self,
            "Collaboration",
            name="Spring campaign",
            description="Shoppers like the advertiser's best customers",
            creator_display_name="Publisher",
            creator_member_abilities=[],
            query_log_status="DISABLED",
            members=[
                cleanrooms.CfnCollaboration.MemberSpecificationProperty(
                    account_id=advertiser_account,
                    display_name="Advertiser",
                    member_abilities=["CAN_QUERY", "CAN_RECEIVE_RESULTS"],
                )
            ],
        )
        collaboration_id = collaboration.attr_collaboration_identifier
        membership = cleanrooms.CfnMembership(
            self,
            "Membership",
            collaboration_identifier=collaboration_id,
            query_log_status="DISABLED",
        )
        ConfiguredAudienceModelAssociation(
            self,
            "Association",
            configured_audience_model=model,
            membership=membership,
            configured_audience_model_association_name="Shoppers like yours",
            manage_resource_policies=False,
        )
        model.grants.start_audience_generation(
            iam.AccountPrincipal(advertiser_account),
            collaboration_id=collaboration_id,
        )

        failures = sns.Topic(self, "Failures", enforce_ssl=True)
        retraining = AudienceModelRetraining(
            self,
            "Retraining",
            configured_audience_model=model,
            training_dataset=training.dataset,
            initial_audience_model=training.audience_model,
            training_window=cdk.Duration.days(90),
            keep=1,
            failure_topic=failures,
        )
        CleanRoomsMLMonitoring(
            self, "Monitoring", retrainings=[retraining], alarm_topic=failures
        )

        cdk.CfnOutput(
            self,
            "ConfiguredAudienceModelArn",
            value=model.configured_audience_model_arn,
        )
        cdk.CfnOutput(self, "CollaborationId", value=collaboration_id)
        cdk.CfnOutput(self, "SegmentsBucket", value=model.bucket.bucket_name)
        cdk.CfnOutput(
            self,
            "RetrainingArn",
            value=retraining.state_machine.state_machine_arn,
        )


class Campaign(cdk.Stack):
    """The advertiser's side: a membership, a seed, and who may ask for more."""

    def __init__(
        self, scope: Construct, id: str, *, env: cdk.Environment
    ) -> None:
        super().__init__(scope, id, env=env)
        collaboration = cdk.CfnParameter(
            self,
            "CollaborationId",
            description="What the publisher invites you to",
        )
        model_arn = cdk.CfnParameter(
            self,
            "ConfiguredAudienceModelArn",
            description="What the publisher offers",
        )
        cleanrooms.CfnMembership(
            self,
            "Membership",
            collaboration_identifier=collaboration.value_as_string,
            query_log_status="DISABLED",
        )
        seeds = s3.Bucket(
            self,
            "Seeds",
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        )
        seed = SeedAudience(self, "Seed", bucket=seeds)
        analyst = iam.Role(
            self, "Analyst", assumed_by=iam.AccountRootPrincipal()
        )
        model = ConfiguredAudienceModel.from_configured_audience_model_arn(
            self, "Lookalikes", model_arn.value_as_string
        )
        # All that it takes in this account: jobs on the model and in both
        # accounts, the members, the role of the seed; and to have exported
        # what was found.
        model.grants.start_audience_generation(
            analyst,
            seed_role=seed.role,
            collaboration_id=collaboration.value_as_string,
        ).assert_success()
        model.grants.start_audience_export(analyst).assert_success()
        cdk.CfnOutput(self, "SeedsBucket", value=seeds.bucket_name)
        cdk.CfnOutput(self, "SeedRoleArn", value=seed.role.role_arn)


app = cdk.App()
publisher = cdk.Environment(
    account=app.node.get_context("publisherAccount"), region="us-east-1"
)
advertiser = cdk.Environment(
    account=app.node.get_context("advertiserAccount"), region="us-east-1"
)

training = Training(app, "Training", env=publisher)
Offer(
    app,
    "Offer",
    env=publisher,
    training=training,
    advertiser_account=advertiser.account or "",
)
Campaign(app, "Campaign", env=advertiser)

app.synth()
