"""What becomes of duplicates: which file of a group stays, what is done to the others, and how it is taken back."""
