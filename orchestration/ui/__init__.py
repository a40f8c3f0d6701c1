"""`counterfoil ui`: Dagster's webserver behind a guard, and its daemon. Not here: what the UI shows."""
