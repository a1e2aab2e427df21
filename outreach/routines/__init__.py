"""What happens by itself, each routine a function of a session and a moment that returns what it changed.

Here stands what a job does, in the words of the rooms beside; when it is due says `flows.jobs`.
"""
