"""Lands the extracts, runs the dbt project and publishes its marts."""
