"""The sample county 青溪县: nobody in it exists. `shifting` moves its files to the days around today, `telling` finds
something to tell of what was planned, `making` lets the program's own importer, planner and recorder do the rest.
"""

from outreach.sample.making import has_sample, is_untouched, make_county

__all__ = ["has_sample", "is_untouched", "make_county"]
