"""When it happens by itself: one Prefect flow a clockwork, each reading as the paragraph that describes it.

A flow works from its slot, hands ids to tasks, and holds neither a rule nor a query.
"""
