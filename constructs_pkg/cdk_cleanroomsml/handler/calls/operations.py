"""The operations of the services, by their names in the API, as far as other files name them."""

from __future__ import annotations

CREATE = "CreateConfiguredAudienceModel"
UPDATE = "UpdateConfiguredAudienceModel"
DELETE = "DeleteConfiguredAudienceModel"
GET = "GetConfiguredAudienceModel"
LIST = "ListConfiguredAudienceModels"
TAG = "TagResource"
UNTAG = "UntagResource"

CREATE_AUDIENCE_MODEL = "CreateAudienceModel"
GET_AUDIENCE_MODEL = "GetAudienceModel"
LIST_AUDIENCE_MODELS = "ListAudienceModels"
DELETE_AUDIENCE_MODEL = "DeleteAudienceModel"

CREATE_ASSOCIATION = "CreateConfiguredAudienceModelAssociation"
GET_ASSOCIATION = "GetConfiguredAudienceModelAssociation"
LIST_ASSOCIATIONS = "ListConfiguredAudienceModelAssociations"
UPDATE_ASSOCIATION = "UpdateConfiguredAudienceModelAssociation"
DELETE_ASSOCIATION = "DeleteConfiguredAudienceModelAssociation"
LIST_TAGS = "ListTagsForResource"
PUT_POLICY = "PutConfiguredAudienceModelPolicy"
GET_POLICY = "GetConfiguredAudienceModelPolicy"
DELETE_POLICY = "DeleteConfiguredAudienceModelPolicy"

DESCRIBE_STACKS = "DescribeStacks"
DESCRIBE_STACK_EVENTS = "DescribeStackEvents"
DESCRIBE_STACK_RESOURCE = "DescribeStackResource"
DESCRIBE_STACK_RESOURCES = "DescribeStackResources"
LIST_STACK_RESOURCES = "ListStackResources"
