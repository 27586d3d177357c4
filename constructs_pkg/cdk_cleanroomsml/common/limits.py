"""The API's constraints, as data.

Every number and pattern here is held to botocore's service model by a test; what the model can't say carries its
source in a comment.
"""

from __future__ import annotations

# The model writes the code points beyond U+FFFF as a broken range of surrogates; this is what it means.
_PRINTABLE = "\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff\t"

NAME_LENGTH = (1, 63)
NAME_PATTERN = rf"(?!\s*$)[{_PRINTABLE}]*"
DESCRIPTION_LENGTH = (0, 255)
DESCRIPTION_PATTERN = rf"[{_PRINTABLE}\r\n]*"
ARN_LENGTH = (20, 2048)
ARN_PATTERN = r"arn:aws[-a-z]*:cleanrooms-ml:[-a-z0-9]+:[0-9]{{12}}:{kind}/[-a-zA-Z0-9_/.]+"
S3_URI_LENGTH = (1, 1285)
MIN_MATCHING_SEED_SIZE = (25, 500_000)
AUDIENCE_SIZE_BINS = (1, 25)
AUDIENCE_SIZE = (1, 20_000_000)
AUDIENCE_SIZE_PERCENTAGE = (1, 100)  # API reference, AudienceSizeConfig: text only
TAG_KEY_LENGTH = (1, 128)
TAG_VALUE_LENGTH = (0, 256)
TAG_PATTERN = r"(?:[\w+\-=.:/@]|[^\S\t\n\r\f\v])*"  # API reference, tags: letters, numbers, spaces, + - = . _ : / @
ACCOUNT_PATTERN = "[0-9]{12}"
UUID_LENGTH = (36, 36)
UUID_PATTERN = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
POLICY_LENGTH = (1, 20_480)
ASSOCIATION_NAME_LENGTH = (1, 100)
ASSOCIATION_ARN_LENGTH = (0, 256)
ASSOCIATION_ARN_PATTERN = (
    r"arn:aws[-a-z]*:cleanrooms:[-a-z0-9]+:[\d]{12}:"  # the model knows only one partition
    r"membership/[\d\w-]+/configuredaudiencemodelassociation/[\d\w-]+"
)
MEMBERSHIP_ARN_LENGTH = (0, 100)
MEMBERSHIP_ARN_PATTERN = r"arn:aws[-a-z]*:cleanrooms:[-a-z0-9]+:[\d]{12}:membership/[\d\w-]+"  # likewise
WAIT_SECONDS = (1, 780)  # what the function's 15 minutes leave for waiting
TAGS = (0, 47)  # API reference: 50; three are the provider's own markers
MARKER_PREFIX = "cdk-cleanroomsml:"
UNMARKED_TAGS = (0, 50)  # API reference, for what CloudFormation has a type for
# To IAM, * and ? are wildcards, and ${…} is a variable: a role could reach other folders.
FOLDER_PATTERN = r"(?!.*\$\{)[^/\s*?]([^\n*?]*[^/\n*?])?"
FOLDER = "a folder's name without *, ? and ${, and without a slash at either end, like 'segments' or 'teams/media'"
POLICY_TEXT_PATTERN = r"(?!.*\$\{)[^*?]*"
BUCKET_NAME_LENGTH = (3, 63)  # S3 User Guide, "General purpose bucket naming rules", and so what follows
BUCKET_NAME_PATTERN = (
    r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$)"
    r"(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]*[a-z0-9]"
)
BUCKET_NAME = (
    "small letters, digits, single dots and hyphens, with a letter or digit at either end, no IP address, and without"
    " what S3 keeps to itself (xn--, sthree-, amzn-s3-demo- before, -s3alias, --ol-s3, .mrap, --x-s3, --table-s3"
    " behind)"
)
ROLE_NAME_LENGTH = (1, 64)  # IAM User Guide, "IAM and AWS STS quotas"
ROLE_NAME_PATTERN = r"[A-Za-z0-9+=,.@_-]+"
ROLE_NAME = "letters, digits and + = , . @ _ -"
OBJECT_KEY_LENGTH = (1, 1024)  # S3 User Guide
KMS_KEY_ARN_PATTERN = r"arn:aws[-a-z]*:kms:[-a-z0-9]+:[0-9]{12}:key/.+"
TRAINING_COLUMNS = (1, 100)
COLUMN_NAME_LENGTH = (1, 128)
COLUMN_NAME_PATTERN = r"[a-zA-Z0-9_](([a-zA-Z0-9_ ]+-)*([a-zA-Z0-9_ ]+))?"
COLUMN_TYPES = (1, 1)
REQUIRED_COLUMN_TYPES = ("USER_ID", "ITEM_ID", "TIMESTAMP")  # User Guide, "Training data requirements"
FEATURE_COLUMN_TYPES = ("CATEGORICAL_FEATURE", "NUMERICAL_FEATURE")
FEATURES = (0, 10)  # User Guide, "Training data requirements"
GLUE_TABLE_NAME_LENGTH = (1, 128)
GLUE_TABLE_NAME_PATTERN = COLUMN_NAME_PATTERN
GLUE_DATABASE_NAME_LENGTH = (1, 128)
GLUE_DATABASE_NAME_PATTERN = r"[a-zA-Z0-9_](([a-zA-Z0-9_]+-)*([a-zA-Z0-9_]+))?"
ACCOUNT_ID_LENGTH = (12, 12)
