"""What runs the models: the command line, archives, videos.

Place: above everything.  The commands are the public part, and :mod:`psysal.run.video` and
:mod:`psysal.run.batch` in Python.
"""
