"""Readings, policies and appraisals as documents: HTML for a notebook, a mail or a browser. Imports what is below it.

The fragments of `html` and `appraising` need the standard library alone, `appraisal_report` needs matplotlib
(`goodwill[plots]`) for its picture.
"""
