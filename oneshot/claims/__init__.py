"""What the papers say, and what this book asks besides: a file a paper, each statement tested."""
