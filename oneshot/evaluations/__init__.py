"""The one table of results: a record an evaluation, queries, and how records are made.

`data/results/evaluations.jsonl` ships with the project and holds a record a line. What is nobody
else's, such as models and drawings of one's own, is in a table of the same form in the user's
cache; `read` returns both. To add a row, make a `Record` and `add` it; some of its drawings are
kept with `samples.keep`. Reading never makes.
"""
