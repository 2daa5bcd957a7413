"""What a run gives back: recordings, their files, and with which versions they were made."""
