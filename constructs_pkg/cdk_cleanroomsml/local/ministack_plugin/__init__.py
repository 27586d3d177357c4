"""Clean Rooms ML and Clean Rooms as services of ministack: routing, IAM, the types of CloudFormation, S3.

It would take a plug-in interface of ministack's to do without what it reaches into; it stays when all of
`ministack_patches` is thrown away.
"""
