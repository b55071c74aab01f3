"""A place in a list of tokens, and what can be told from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from debros.rqlite.sqltext import Kind, Token
from debros.tenants.sql.grammar import words
from debros.tenants.sql.identifiers import name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMES = frozenset({Kind.WORD, Kind.QUOTED, Kind.STRING})


class Cursor:
    """Tokens and a position; looking beyond either end finds nothing."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        # Token.upper computes; a statement is looked at many times.
        self.words = [token.upper for token in tokens]
        self.at = 0

    def word(self, ahead: int = 0) -> str:
        """Return a word or operator in upper case; empty for everything else."""
        place = self.at + ahead
        return self.words[place] if 0 <= place < len(self.words) else ""

    def done(self) -> bool:
        """Tell whether all tokens are behind."""
        return self.at >= len(self.tokens)

    def skip(self, *expected: str) -> bool:
        """Step over these words if they are next."""
        if all(self.word(ahead) == word for ahead, word in enumerate(expected)):
            self.at += len(expected)
            return True
        return False

    def is_name(self, ahead: int = 0) -> bool:
        """Tell whether a token can be a name (`nm` in parse.y)."""
        place = self.at + ahead
        if not 0 <= place < len(self.tokens) or self.tokens[place].kind not in _NAMES:
            return False
        return self.words[place] not in words.RESERVED or self.tokens[place].kind is not Kind.WORD

    def name(self, ahead: int = 0) -> str:
        """Return the name a token stands for, in lower case."""
        return name_of(self.tokens[self.at + ahead])

    def is_alias(self) -> bool:
        """Tell whether the next token is an alias without AS."""
        return self.is_name() and self.word() not in words.NOT_ALIASES and not self.is_window_clause()

    def is_window_clause(self) -> bool:
        """Tell whether WINDOW begins its clause; else it is a name (analyzeWindowKeyword in tokenize.c)."""
        return self.word() == "WINDOW" and self.is_name(1) and self.word(2) == "AS"

    def is_subquery(self) -> bool:
        """Tell whether what follows an opening parenthesis is a query."""
        word = self.word()
        return word in {"SELECT", "VALUES"} or (word == "WITH" and self.is_name(1))

    def is_join(self) -> bool:
        """Tell whether a join operator with a word before JOIN is next."""
        if self.word() not in words.JOIN_WORDS:
            return False
        return "JOIN" in (self.word(1), self.word(2), self.word(3))

    def matching(self) -> int:
        """Return the place of the parenthesis that closes the one at the cursor, or the end."""
        depth = 0
        for place in range(self.at, len(self.words)):
            if self.words[place] == "(":
                depth += 1
            elif self.words[place] == ")":
                depth -= 1
                if depth == 0:
                    return place
        return len(self.words)
