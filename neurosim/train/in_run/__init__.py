"""Training inside a run: the neurons of the network themselves compute what to learn."""
