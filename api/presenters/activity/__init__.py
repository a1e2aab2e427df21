"""The pages of one activity in words: rows in, dataclasses of words out."""
