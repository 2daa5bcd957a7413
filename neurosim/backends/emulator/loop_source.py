"""The step loop as the text of a kernel: updates of all populations, then what their spikes send along synapses.

Event-driven along synapses, dense over neurons. NUM stands for the type of synaptic input (f64, or i32 on a chip), W for that
of weights, SENT for that of the inputs. Arrays come as a table of pointers and numbers, whose places are named by `JOB` and
`BLOCK`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

from neurosim.backends.emulator.arithmetic import Arithmetic
from neurosim.backends.emulator.delivery_source import ACTIVE, DELIVERY, NUMBERS, WIDE
from neurosim.backends.emulator.late_spikes import with_late_spikes
from neurosim.backends.emulator.overflow import SUMS
from neurosim.compiler import Kernels, compile_kernels
from neurosim.program.fixed import RELEASE_BITS, RELEASE_UNIT

_PAYLOAD_UNIT = float(RELEASE_UNIT >> RELEASE_BITS)
_WEIGHTS: Mapping[Arithmetic, str] = {
    Arithmetic.FLOAT: "f64", Arithmetic.FIXED: "i16", Arithmetic.LOIHI1: "i32", Arithmetic.UNLIMITED: "i16",
}  # fmt: skip
_BYTES: Mapping[str, int] = {"f64": 8, "i32": 4, "i16": 2}
_LINE = 64
"""Bytes that are brought into the cache together."""
_AHEAD = 3
"""Number of spikes by which the synapses of a spike are brought into the cache before they are added."""
_FEW = 4
"""Where there are so many times more post neurons than synapses that spikes reach, only the sums of these are added."""

LEARNING: Sequence[str] = (
    "SUPPLIES", "SUPPLY", "SUPPLY_SCALE", "LEARNERS", "LEARN", "LEARNER", "LEARNER_WIDTH", "SPIKE_RINGS", "SPIKES",
    "SIGNAL_WIDTH", "SIGNALS",
)  # fmt: skip
"""Places in the table of a job that concern what learns.

SUPPLY lists the third factors that neurons send (`SUPPLIED`), each with two numbers in SUPPLY_SCALE; LEARN and LEARNER hold the
address and the table of each projection that learns; SPIKES is the ring of the last rows of spikes in float.
"""
JOB: Sequence[str] = (
    # numbers
    "SAMPLES", "STEPS", "FIRST_STEP", "TOTAL", "RINGS", "FED", "SOURCES", "POPULATIONS", "BLOCKS", "PROBES", "PROBED",
    "TABLE_WIDTH", "DEFICITS", "TALLIES",
    # pointers that all samples share
    "ADDRESS", "SIZE", "SEED", "PLACE", "BLOCK", "GAIN", "RELEASED", "WEIGHT", "COLUMN", "ROW", "SOURCE",
    "KEPT_DEFICIT", "KEPT_EXCESS",
    "PROBE", "WIDE", "ENTRY", *LEARNING,
    # pointers to the first sample; each follows the one before
    "COUNTED", "TABLE", "RING", "FEED", "RASTER", "PAYLOAD", "DEFICIT", "EXCESS", "PROBES_OUT", "TALLY",
    # room for one sample
    "INDEX", "SUMS", "AMOUNT", "EXACT", "LATE",
)  # fmt: skip
"""Places in the table of a job. RELEASED holds base and jump of short-term plasticity, two per block; WIDE and ENTRY are those
of `neurosim.backends.emulator.guard.Guard`, TALLY has room for its counts; LATE is shared (`late_spikes`)."""
BLOCK: Sequence[str] = (
    "PRE", "PRE_SIZE", "POST", "POST_SIZE", "DELAY", "FIRST_CHANNEL", "GRADED", "TRANSPOSED", "FIRST_WEIGHT", "FIRST_ROW",
    "RELEASE",
)  # fmt: skip
"""Numbers per block of synapses."""
SOURCE: Sequence[str] = ("LANE", "FED_FROM", "SOURCE_SIZE")
"""Numbers per source."""
SUPPLIED: Sequence[str] = ("FACTOR", "SENDERS", "SIGNAL")
"""Numbers per third factor that a neuron sends: where it is written, for how many neurons, and its column among the signals."""
PROBE: Sequence[str] = ("IS_REAL", "AT", "TO", "COUNT")
"""Numbers per probe: whether the state is a double, its place in the table of a sample, and where its numbers go."""

_LOOP = """
def add_up(job: P[i64], b: P[i64], released: P[f64], fired: P[u8], feed: P[SENT], payload: P[i32],
           deficit: P[f64], excess: P[f64], index: P[i64], count: i64, sums: P[NUM], amount: P[f64]):
    weight = as_W(job[WEIGHT]) + b[FIRST_WEIGHT]
    column = as_i32(job[COLUMN]) + b[FIRST_WEIGHT]
    first_row = max(b[FIRST_ROW], 0)
    row = as_i64(job[ROW]) + first_row
    n = b[POST_SIZE]
    if b[RELEASE] >= 0:
        release(deficit + b[RELEASE], excess + b[RELEASE], released[0], released[1], index, count, amount)
        if b[FIRST_ROW] < 0:
            add_released_dense(weight, n, index, count, amount, sums)
        else:
            add_released_sparse(weight, column, row, index, count, amount, sums)
    elif b[GRADED] != 0:
        if b[TRANSPOSED] != 0:
            add_transposed(weight, n, b[PRE_SIZE], payload + b[PRE], sums)
        elif b[FIRST_ROW] < 0:
            add_graded_dense_own(weight, n, index, count, payload + b[PRE], sums)
        else:
            add_graded_sparse_own(weight, column, row, index, count, payload + b[PRE], sums)
    elif b[TRANSPOSED] != 0:
        sum_transposed(weight, n, b[PRE_SIZE], index, count, sums)
    elif b[FIRST_CHANNEL] >= 0:
        if b[FIRST_ROW] < 0:
            add_graded_dense(weight, n, index, count, feed + b[FIRST_CHANNEL], sums)
        else:
            add_graded_sparse(weight, column, row, index, count, feed + b[FIRST_CHANNEL], sums)
    elif b[FIRST_ROW] < 0:
        add_dense(weight, n, index, count, sums)
    else:
        add_sparse(weight, column, row, index, count, sums)

def bring(job: P[i64], b: P[i64], index: P[i64], count: i64, gain: f64, sums: P[NUM], slot: P[NUM]):
    row = as_i64(job[ROW]) + max(b[FIRST_ROW], 0)
    if b[FIRST_ROW] >= 0 and b[TRANSPOSED] == 0 and reached(row, index, count) * FEW < b[POST_SIZE]:
        deliver_few(sums, as_i32(job[COLUMN]) + b[FIRST_WEIGHT], row, index, count, gain, slot)
    else:
        deliver(sums, b[POST_SIZE], gain, slot)

def copy_real(state: P[f64], n: i64, out: P[f64]):
    for i in range(n):
        out[i] = state[i]

def copy_whole(state: P[i32], n: i64, out: P[f64]):
    for i in range(n):
        out[i] = f64(state[i])

def record(probe: P[i64], probes: i64, table: P[i64], out: P[f64]):
    for p in range(probes):
        q = probe + 4 * p
        if q[IS_REAL] != 0:
            copy_real(as_f64(table[q[AT]]), q[COUNT], out + q[TO])
        else:
            copy_whole(as_i32(table[q[AT]]), q[COUNT], out + q[TO])

def copy_spikes(fired: P[u8], n: i64, out: P[u8]):
    for i in range(n):
        out[i] = fired[i]

def learn(job: P[i64], t: i64, k: i64, fired: P[u8]):
    if job[SPIKE_RINGS] > 0:
        copy_spikes(fired, job[TOTAL], as_u8(job[SPIKES]) + (k % job[SPIKE_RINGS]) * job[TOTAL])
    for q in range(job[LEARNERS]):
        call(as_i64(job[LEARN])[q], t, k, 0, fired, as_i64(job[LEARNER]) + q * job[LEARNER_WIDTH])

def run_sample(job: P[i64], s: i64):
    steps = job[STEPS]
    total = job[TOTAL]
    rings = job[RINGS]
    fed = job[FED]
    ring = as_NUM(job[RING]) + s * rings * total
    table = as_i64(job[TABLE]) + s * job[TABLE_WIDTH]
    payload = as_i32(job[PAYLOAD]) + s * total
    deficit = as_f64(job[DEFICIT]) + s * job[DEFICITS]
    excess = as_f64(job[EXCESS]) + s * job[DEFICITS]
    index = as_i64(job[INDEX])
    sums = as_NUM(job[SUMS])
    amount = as_f64(job[AMOUNT])
    address = as_i64(job[ADDRESS])
    size = as_i64(job[SIZE])
    seed = as_i64(job[SEED])
    place = as_i64(job[PLACE])
    gain = as_f64(job[GAIN])
    counted = as_i64(job[COUNTED])[s]
    for t in range(steps):
        k = job[FIRST_STEP] + t
        here = ring + (k % rings) * total
        fired = as_u8(job[RASTER]) + (s * steps + t) * total
        feed = as_SENT(job[FEED]) + (s * steps + t) * fed
        for j in range(job[POPULATIONS]):
            call(address[j], size[j], k, counted + t, seed[j], table + place[j], here, fired, payload)
        for c in range(job[SUPPLIES]):
            q = as_i64(job[SUPPLY]) + 3 * c
            scale = as_f64(job[SUPPLY_SCALE]) + 2 * c
            sent = as_NUM(job[SIGNALS]) + (t * job[SIGNAL_WIDTH] + q[SIGNAL])
            supply(as_f64(q[FACTOR]), q[SENDERS], scale[0], scale[1], sent)
        for c in range(job[SOURCES]):
            q = as_i64(job[SOURCE]) + 3 * c
            mark(feed + q[FED_FROM], q[SOURCE_SIZE], fired + q[LANE])
        if job[DEFICITS] > 0:
            decay(deficit, as_f64(job[KEPT_DEFICIT]), job[DEFICITS])
            decay(excess, as_f64(job[KEPT_EXCESS]), job[DEFICITS])
        source = -1
        count = 0
        for j in range(job[BLOCKS]):
            b = as_i64(job[BLOCK]) + BLOCK_WIDTH * j
            if b[PRE] != source:
                source = b[PRE]
                count = active(fired + source, b[PRE_SIZE], index)
            if count > 0:
                slot = ring + (((k + 1 + b[DELAY]) % rings) * total + b[POST])
DELIVERED        learn(job, t, counted + t, fired)
        record(as_i64(job[PROBE]), job[PROBES], table, as_f64(job[PROBES_OUT]) + (s * steps + t) * job[PROBED])

def run(job: P[i64]):
    for s in range(job[SAMPLES]):
        run_sample(job, s)
"""

_DELIVERED: Mapping[bool, str] = {
    False: """
                add_up(job, b, as_f64(job[RELEASED]) + 2 * j, fired, feed, payload, deficit, excess, index, count, sums, amount)
                bring(job, b, index, count, gain[j], sums, slot)
""",
    True: """
                wide = as_i64(job[WIDE])[j]
                counts = as_i64(job[TALLY]) + (s * job[TALLIES] + as_i64(job[ENTRY])[j])
                plain = b[RELEASE] < 0 and b[TRANSPOSED] == 0
                if wide > 0 and plain and (b[GRADED] != 0 or b[FIRST_CHANNEL] >= 0):
                    send_wide(job, b, wide, gain[j], feed, payload, slot, index, count, as_i64(job[EXACT]), counts)
                else:
                    add_up(job, b, as_f64(job[RELEASED]) + 2 * j, fired, feed, payload, deficit, excess, index, count, sums,
                           amount)
                    if wide > 0:
                        widen(sums, b[POST_SIZE], as_i64(job[EXACT]))
                        clear(sums, b[POST_SIZE])
                        deliver_wide(wide, as_i64(job[EXACT]), b[POST_SIZE], gain[j], slot, counts)
                    else:
                        bring(job, b, index, count, gain[j], sums, slot)
""",
}
"""How the sums of a block reach the post neurons; afterwards all sums are zero again."""


@functools.cache
def step_loop(arithmetic: Arithmetic, fed_bytes: bool, late: bool = False) -> Kernels:
    """The compiled loop, for inputs of one byte or of 32 bits, and for synapses that learn `late`; call its function `run`."""
    integers, weight = arithmetic is not Arithmetic.FLOAT, _WEIGHTS[arithmetic]
    number, zero, amount = ("i32", "0", "i32") if integers else ("f64", "0.0", "f64")
    text = ACTIVE + DELIVERY + WIDE * integers
    graded = [part for part in text.split("\ndef ") if part.startswith(("add_graded", "add_wide"))]
    # Payloads of neurons have 32 bits, whatever those of the inputs have.
    own = "".join("\ndef " + part.replace("(", "_own(", 1).replace("SENT", "i32") for part in graded)
    loop = with_late_spikes(_LOOP) if late else _LOOP
    text = own + text + NUMBERS[integers] + loop.replace("DELIVERED", _DELIVERED[integers].lstrip("\n"))
    meant = {
        "P[W]": f"P[{weight}]", "as_W": f"as_{weight}", "P[NUM]": f"P[{number}]", "as_NUM": f"as_{number}", "ZERO": zero,
        "AMOUNT_TYPE": amount, "SENT": "u8" if fed_bytes else "i32",
    }  # fmt: skip
    for name, type_name in meant.items():
        text = text.replace(name, type_name)
    names = {name: k for places in (JOB, BLOCK, SOURCE, SUPPLIED, PROBE) for k, name in enumerate(places)}
    units = {"BLOCK_WIDTH": len(BLOCK), "UNIT": float(RELEASE_UNIT), "PAYLOAD_UNIT": _PAYLOAD_UNIT, "SUM_OVERFLOWS": SUMS}
    lines = {"COLUMNS": _LINE // 4, "WEIGHTS": _LINE // _BYTES[weight], "AHEAD": _AHEAD, "FEW": _FEW}
    return compile_kernels(text, ["run"], {**names, **units, **lines})
