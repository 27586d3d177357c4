"""`cdk-cleanroomsml`, a command for operators: what there is in an account and Region, whose it is, what to do."""
