"""Alembic: one file a change of the schema, from the first table on."""
