"""The work itself, one function per action or question, with the session as its first argument.

It knows neither HTTP nor Prefect, never commits and never reads the clock: time comes in as an argument.
"""
