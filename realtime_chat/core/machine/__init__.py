"""The sans-I/O session: commands and provider messages in, an ordered tray of effects out.

Read `machine.py` first; `effects.py` is what comes out; the other files are its parts, each with one concern.
"""
