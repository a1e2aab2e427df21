"""The changes, each named by its number and what it does."""
