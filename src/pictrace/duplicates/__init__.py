"""Duplicates: which files show the same picture, in groups, and how sure that is; no picture is ever touched."""
