"""Where ministack differs from AWS: to be thrown away, patch by patch, when ministack has learned it.

A module whose name begins with no underscore is a patch, for the pinned version alone; beside it stands the text of the
issue to send, `<patch>.md`, whose reproduction a test runs on ministack as it is.
"""
