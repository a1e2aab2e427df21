"""Tallies 月报: what a month, a quarter or a year comes to for a unit and all below it.

`trees` says which units of which months; `flows`, `persons` and `stocks` give each unit's own part of the figures that
add, are counted again, or stand on a day; `figures` puts them together, `views` gives them their form. `asking` puts
the questions of several tallies together.
"""

from outreach.tallies.views import Correction, Line, TallyView, figure, read_period, tallies, tally, totals

__all__ = ["Correction", "Line", "TallyView", "figure", "read_period", "tallies", "tally", "totals"]
