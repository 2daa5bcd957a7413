"""Result files that are either complete or absent: HDF5, JSON and NumPy, with checksums, and read within limits."""
