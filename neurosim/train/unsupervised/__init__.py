"""Training without labels, by the protocol of Diehl and Cook (2015)."""
