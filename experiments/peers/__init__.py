"""The same networks, written by hand for each simulator of the field, and timed by `experiments/benchmark_peers.py`."""
