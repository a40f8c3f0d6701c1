"""Dagster holds the order: thin assets over `python_assets`, and the command line that runs them."""
