"""The program `yinling`: a function a command, and the supervisor behind `yinling up`.

It reads the environment and the clock, opens the transaction and makes one call below.
"""
