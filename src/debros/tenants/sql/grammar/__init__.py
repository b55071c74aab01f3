"""Where in a statement names stand: the parts of SQLite's grammar (parse.y) that decide what a name is for.

Nothing here is trusted: what it finds is used to rewrite a statement, and the rewritten statement is proved. A text
that is no SQL is read as far as possible; SQLite itself says what is wrong with it.
"""
