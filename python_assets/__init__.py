"""Files in, files out: what SQL is bad at. Knows nothing of Dagster."""
