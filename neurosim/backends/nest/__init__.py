"""NEST: a step program as a plain PyNEST script, and its run in a child process."""
