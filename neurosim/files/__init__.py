"""Result files that are either whole or not there: HDF5, JSON and NumPy, with seals, read within bounds."""
