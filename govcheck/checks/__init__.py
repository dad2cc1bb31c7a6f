"""Generic checks: a module a kind, of which a policy makes rules of its own.

The module of a kind is its page: the docstring explains it, `examples` show and test it, and
`check(repo, policy, name)` gives the findings of the check of that name.
"""
