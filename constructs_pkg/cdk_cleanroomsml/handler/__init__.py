"""The Lambda function behind the custom resources: the standard library and boto3, nothing else.

The folder is shipped as it stands and runs as the top-level package `handler`; start reading in `main`.
"""
