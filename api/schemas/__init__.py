"""What JSON looks like, a file per noun; field names are the import's columns.

Bodies refuse fields that they do not know. In a PATCH a field left out stays as it was, and null empties it.
"""
