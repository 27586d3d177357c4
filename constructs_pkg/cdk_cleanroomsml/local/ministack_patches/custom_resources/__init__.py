"""Custom resources of ministack's CloudFormation, as AWS sends their requests and reads their answers."""
