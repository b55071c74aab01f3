"""What can be wrong with a wallet's address or signature."""


class WalletError(Exception):
    """An input that cannot be one at all; whether a signature fits its message is no error but an answer.

    Attributes:
        code: Stable and documented.
        message: What is wrong and what is expected.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
