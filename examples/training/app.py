"""Where lookalikes come from: a table of who read what, and a model of January.

Deploying starts the training, which takes hours to days;
`aws cleanroomsml get-audience-model` tells how far it is. Destroying the stack
keeps the audience model, the dataset and its role; the next deployment makes
others beside them.
"""

from datetime import datetime, timezone

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3

from cdk_cleanroomsml import (
    AudienceModel,
    GlueTable,
    TrainingColumn,
    TrainingDataset,
)

app = cdk.App()
stack = cdk.Stack(
    app,
    "Training",
    description="A training dataset and an audience model",
)

bucket = s3.Bucket(
    stack, "Interactions", encryption=s3.BucketEncryption.KMS, enforce_ssl=True
)
database = glue.CfnDatabase(
    stack,
    "Database",
    catalog_id=stack.account,
    database_input=glue.CfnDatabase.DatabaseInputProperty(name="publisher"),
)
columns = {
    "reader": "string",
    "article": "string",
    "read_at": "bigint",
    "section": "string",
    "seconds": "int",
}
table = glue.CfnTable(
    stack,
    "Table",
    catalog_id=stack.account,
    database_name=database.ref,
    table_input=glue.CfnTable.TableInputProperty(
        name="reads",
        table_type="EXTERNAL_TABLE",
        parameters={"classification": "parquet"},
        storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
            location=bucket.s3_url_for_object("reads"),
            input_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            output_format="org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            serde_info=glue.CfnTable.SerdeInfoProperty(
                serialization_library="org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
            ),
            columns=[
                glue.CfnTable.ColumnProperty(name=name, type=type_)
                for name, type_ in columns.items()
            ],
        ),
    ),
)

dataset = TrainingDataset(
    stack,
    "Reads",
    table=GlueTable.from_table(table),
    bucket=bucket,
    prefix="reads",
    columns=[
        TrainingColumn.user_id("reader"),
        TrainingColumn.item_id("article"),
        TrainingColumn.timestamp("read_at"),
        TrainingColumn.categorical_feature("section"),
        TrainingColumn.numerical_feature("seconds"),
    ],
)
model = AudienceModel(
    stack,
    "Readers",
    training_dataset=dataset,
    training_data_start_time=datetime(2026, 1, 1, tzinfo=timezone.utc),
    training_data_end_time=datetime(2026, 2, 1, tzinfo=timezone.utc),
)
cdk.CfnOutput(stack, "AudienceModelArn", value=model.audience_model_arn)

app.synth()
