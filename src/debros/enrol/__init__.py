"""How a host becomes a member of a cluster that manages itself: the invite, the door it opens, and who joins with it.

`invite`, `members`, `inventory`, `keep`, `knock` and `join` import nothing but the standard library: a bare host runs
them from an unpacked release, before there is an environment with packages.
"""
