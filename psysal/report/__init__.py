"""Report of an evaluation: one HTML page, and tables as files.

Place in the pipeline: scores, table -> [report] -> files.
"""
