"""Adapters between a Loihi 2 board and the host, which belong to Lava's hardware extension. Copied beside every graph."""

import sys

MOST_BITS = 24
"""Bits of a message for everything that is not a connection, which says how many it takes."""


def adapters():
    """Lava's two kinds of adapters: from the host to the board, and back."""
    try:
        from lava.proc.embedded_io.spike import NxToPyAdapter, PyToNxAdapter
    except ImportError as error:
        sys.exit(f"--hw: Lava's hardware extension has no adapters for spikes ({error}); install all of it.")
    return PyToNxAdapter, NxToPyAdapter


def enter_board(graph):
    """Put an adapter behind every source."""
    into, _ = adapters()
    for source in graph.sources.values():
        port = source.s_out
        targets, adapter = list(port.out_connections), into(shape=port.shape, num_message_bits=message_bits(port))
        for target in targets:
            port.out_connections.remove(target)
            target.in_connections.remove(port)
            adapter.out.connect(target)
        port.connect(adapter.inp)


def leave_board(port):
    """The port of an adapter with the spikes of a population."""
    _, out_of = adapters()
    adapter = out_of(shape=port.shape, num_message_bits=message_bits(port))
    port.connect(adapter.inp)
    return adapter.out


def message_bits(port):
    """Bits of a message: the most that a connection behind the port takes; 0 for spikes without a payload."""
    behind = [target.process for target in port.get_dst_ports()]
    return max((process.proc_params.get("num_message_bits", MOST_BITS) for process in behind), default=0)
