"""One program a side; each can be run alone: `python -m benchmarks.sides.library --models 10 --output shared`."""
