"""Duplicates: which files show the same picture, which of them to keep, and how to take everything back."""
