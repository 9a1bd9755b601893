"""The errors that every reader of drawings raises."""


class DataError(Exception):
    """A drawing file is missing, damaged or mislabelled; the message says what to do next.

    It is one line, whatever is in the names that it tells.
    """

    def __str__(self) -> str:
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in super().__str__())


class BlankPage(DataError):
    """There is no ink on a page."""


def said(error: Exception) -> str:
    """Return the first line of what an error says, cut short: some quote the whole file."""
    first = (str(error).splitlines() or [""])[0]
    return f"{first[:120]} ..." if len(first) > 120 else first or type(error).__name__
