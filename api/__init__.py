"""How people and programs reach it: pages, the JSON API, feeds and downloads over FastAPI.

It turns a request into one call below and the answer into HTML, JSON or a file; it holds neither a rule nor a query.
"""
