"""Results of a run: recordings, their files, and the versions with which they were made."""
