"""The operations of a stack, carried out as CloudFormation does."""
