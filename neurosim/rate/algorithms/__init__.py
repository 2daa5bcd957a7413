"""Learning algorithms of rates, one file each."""
