"""The suite mirrors the tree: tests/outreach/test_planning.py speaks about outreach/planning.py."""
