"""Where the CPU time of a sample goes: `kernels.train_samples` with a clock between its parts."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,call-arg,unreachable,var-annotated"
from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from neurosim.train.desire.kernel_cache import cached
from neurosim.train.desire.kernels import forward, learn, show, spread_desire

STAGES = ("show", "forward", "desire", "update")
_THREAD_CPU_TIME = 3
"""CLOCK_THREAD_CPUTIME_ID of Linux."""


@intrinsic
def cpu_seconds(context):
    """CPU seconds of this thread."""
    return types.float64(), _code


def _code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    word = ir.IntType(64)
    time = cgutils.alloca_once(builder, ir.LiteralStructType([word, word]))
    kind = ir.FunctionType(ir.IntType(32), [ir.IntType(32), time.type])
    clock = cgutils.get_or_insert_function(builder.module, kind, "clock_gettime")
    builder.call(clock, [ir.Constant(ir.IntType(32), _THREAD_CPU_TIME), time])
    whole, part = (builder.sitofp(v, ir.DoubleType()) for v in cgutils.unpack_tuple(builder, builder.load(time), 2))
    return builder.fadd(whole, builder.fmul(part, ir.Constant(ir.DoubleType(), 1e-9)))


@cached()
def clocked_samples(
    weights, feedback, work, trains, labels, masks, scales, kept, thresholds, trace_decay, signal, etas, limits, classes,
    seconds,
):  # fmt: skip
    """Train as `train_samples` does; `seconds` (stages,) gets what each took, and `kernels` must run on one thread."""
    for start in range(0, labels.size, work.labels.size):
        before = cpu_seconds()
        show(trains, labels, masks, start, work)
        after = cpu_seconds()
        seconds[0] += after - before
        forward(weights, work, scales, kept, thresholds)
        before = cpu_seconds()
        seconds[1] += before - after
        spread_desire(feedback, work, classes, signal, limits[2])
        after = cpu_seconds()
        seconds[2] += after - before
        learn(weights, work, trace_decay, etas, limits)
        seconds[3] += cpu_seconds() - after
