"""The one error that every reader of drawings raises."""


class DataError(Exception):
    """A drawing file is missing, damaged or mislabelled; the message says what to do next."""
