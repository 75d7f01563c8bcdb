"""Evaluation: how well maps of saliency say where people looked.

Place in the pipeline: ... -> map -> [evaluation].  Maps and fixations enter as arrays,
one number a map leaves.

The same name means different numbers in the literature; here it means one a profile:
:mod:`~psysal.evaluation.metrics` is ``exact`` (every pair of pixels counted, nothing
drawn, nothing resized) and :mod:`~psysal.evaluation.mit` is ``mit``, the conventions of
the MIT benchmark's MATLAB programs.  :mod:`~psysal.evaluation.density` turns fixations
into densities.  :mod:`~psysal.evaluation.divergences` are what models learn by: values
and gradients of losses between densities.
"""
