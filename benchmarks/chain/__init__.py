"""What stands before and after configured audience models: audience models, resource policies, associations.

One program a side: `python -m benchmarks.chain.library --kind policy --constructs 10`.
"""
