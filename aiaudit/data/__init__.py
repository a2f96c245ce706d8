"""The data engine: what is in a data set, measured out of core.

Expressions are written once with Ibis, compiled to the engine's SQL, and executed by the engine itself (DuckDB unless
the caller names another). Three passes, each only as deep as a check needs:

- A (`columns`): one scan for every fact of every column;
- B (`sample`): personal data, dates and patterns, on a sample whose size and seed are facts;
- C (`exact`): duplicates, ids, labels, conflicts, leakage, groups; `pairs` compares two sets (overlap, drift).

What could not be computed is `None`, with its reason in `notes`. Values of the data leave this package only where they
cannot identify anyone: categories of declared labels and groups, and extremes of numbers and dates.
"""
