"""The embedded local engine, installed by the extra `local`: it serves, it imports nothing of the library."""
