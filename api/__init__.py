"""How people and programs reach the work: JSON API, pages, feeds. Knows HTTP; holds neither rule nor query.

Come here to change an endpoint (`routers`, with what its JSON looks like in `schemas`), a page (`pages`), or what every
request passes through (`app`, `dependencies`, `security`, `errors`).
"""
