"""From what the work knows to what a page shows: every day, figure and state in the words of `wording`.

A file for each page, and `words`, `days`, `cards` and `periods` for what several pages share.
"""
