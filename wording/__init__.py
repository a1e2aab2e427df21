"""How it is said: the sentences for users in three languages, names, numbers and days in words.

What is known comes in, words go out; nothing here opens a database or knows the web.
"""
