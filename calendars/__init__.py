"""What day it is and how a calendar is written: lunar dates, festivals, working days, schedules, feeds.

Pure: dates in, dates out; entries in, iCalendar bytes out. Never the database (of models, enums alone).
"""
