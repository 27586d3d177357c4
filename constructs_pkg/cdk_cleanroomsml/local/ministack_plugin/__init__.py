"""Clean Rooms ML and Clean Rooms as services of ministack: routing, IAM, the types of CloudFormation, S3.

What ministack would need a plug-in interface for; it stays when ministack behaves as AWS does.
"""
