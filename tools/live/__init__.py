"""What a live account answers: `make live`. It asks, measures, writes it down, and leaves nothing behind."""
