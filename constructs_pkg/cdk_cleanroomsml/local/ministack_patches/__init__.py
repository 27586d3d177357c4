"""Where ministack differs from AWS: to be thrown away, patch by patch, when ministack has learned it.

Each is for the pinned version, and beside each stands the text of the issue to send: `<patch>.md`.
"""
