"""What larger commands do with their words; `oneshot.cli` parses these."""
