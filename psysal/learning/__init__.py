"""Learning: readouts fitted to where people looked.

Place in the pipeline: features and fixations -> [learning] -> readout -> maps.
:mod:`~psysal.learning.fit` fits a :class:`psysal.models.readout.Readout` to examples, by
any loss of :mod:`psysal.evaluation.divergences`.
"""
