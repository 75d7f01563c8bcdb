"""The command line: a module for each command, what they share in ``console``.

Place in the pipeline: after everything.
"""
