"""The errors that every reader of drawings raises."""


class DataError(Exception):
    """A drawing file is missing, damaged or mislabelled; the message says what to do next."""


class BlankPage(DataError):
    """There is no ink on a page."""
