"""Desire backpropagation in Brian2, equation by equation: the reference that the fast kernels are checked against.

One Brian2 step is one row; a sample takes T + 1 rows. The operations at the end of a sample run at the beginning of the first
step of the next sample, in this order: desire of the output, its propagation down layer by layer, weight update, reset.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import UnsupportedError
from neurosim.plasticity.products import GateKind
from neurosim.rng import stream
from neurosim.train.desire.chain import Chain
from neurosim.train.desire.coding import Coder, from_bits
from neurosim.train.desire.online import START, Course, Part, masked, strict_hits
from neurosim.train.desire.trainer import Presentation

_LAYER = """
v : 1
I : 1
s : 1
x : 1
c : 1
m : 1
q : 1
D : 1
g : 1
S : 1
ended : 1
"""
_INPUT = """
z : 1
s : 1
x : 1
"""
# Order numbers within the slot 'groups' of Brian2's schedule; the phase of each layer takes _PHASE of them.
_PHASE, _LEARN, _RESET, _STEP = 10, 1000, 1100, 1200


def train_epoch_brian2(
    chain: Chain,
    images: NDArray[np.uint8],
    labels: NDArray[np.int64],
    coder: Coder,
    *,
    eta: float,
    course: Course,
    epoch: int,
    done: Part = START,
    stopping: Callable[[], bool] = lambda: False,
    advance: Callable[[int], Any] = lambda n: None,
) -> Part:
    """Train for one epoch in Brian2, with the same order, coding and masks as `neurosim.train.desire.online.train_epoch`.

    The whole epoch is one run of Brian2, so it cannot be interrupted or resumed.

    Raises
    ------
    UnsupportedError
        If the batch is larger than one, or only the emulator supports the feedback or the convolutions.
    """
    if course.batch != 1:
        raise UnsupportedError(f"Brian2 trains online, one sample at a time; found batch = {course.batch}.")
    order = stream(course.seed, "order", epoch).permutation(len(images))
    rng = stream(course.seed, "dropout", epoch)
    moved = course.shift(images[order], coder.shape, stream(course.seed, "shift", epoch))
    shown = masked(chain, coder.trains(moved, rng), labels[order], course.dropout, rng)
    counts = train_brian2(chain, shown, eta)
    advance(len(images))
    return Part(len(images), int(strict_hits(counts, shown.labels).sum()))


def train_brian2(chain: Chain, shown: Presentation, eta: float) -> NDArray[np.int64]:
    """Train `chain.weights` in place on a presentation and return the output counts (samples, n_last).

    Brian2 computes in double precision, whatever the type of the weights.
    """
    import brian2 as b2

    chain.check_dense("Training in Brian2", "Train with engine='emulator'")
    if chain.signal.feedback.learning is None:
        kind = type(chain.signal.feedback).__name__
        raise UnsupportedError(f"Brian2 does not train with {kind}; use engine='emulator', or another feedback.")
    samples, rows = len(shown.labels), chain.encoder.steps + 1
    dt = 1 * b2.ms
    values = _namespace(chain, shown, eta, dt)
    layers = len(chain.weights)
    groups = [_input_group(chain, values, dt, rows)]
    groups += [_layer_group(chain, layer, layers, values, dt, rows) for layer in range(1, layers + 1)]
    synapses = [_synapses(chain, layer, layers, groups, values, dt) for layer in range(layers)]
    spikes = b2.SpikeMonitor(groups[-1])
    with _quiet(b2):
        net = b2.Network(groups, synapses, spikes)
        net.run((samples * rows + 1) * dt, namespace={})
    for weights, feedback, synapse in zip(chain.weights, chain.feedback, synapses, strict=True):
        weights[:] = np.asarray(synapse.w).reshape(weights.shape)
        # Tied feedback, and the unused feedback of the first layer, are the weights themselves.
        feedback[:] = weights if feedback is weights else np.asarray(synapse.b).reshape(weights.shape)
    sample = np.round(np.asarray(spikes.t / dt)).astype(int) // rows
    counts = np.zeros((samples + 1, chain.sizes[-1]), np.int64)
    np.add.at(counts, (sample, np.asarray(spikes.i)), 1)
    return counts[:samples]


def _quiet(b2: Any) -> Any:
    """Context in which Brian2 generates code for numpy; afterwards the user's choice of target is restored."""
    from contextlib import contextmanager

    @contextmanager
    def changed() -> Any:
        before = b2.prefs.codegen.target
        b2.prefs.codegen.target = "numpy"
        try:
            yield
        finally:
            b2.prefs.codegen.target = before

    return changed()


def _namespace(chain: Chain, shown: Presentation, eta: float, dt: Any) -> dict[str, Any]:
    """Constants, and the arrays of values per sample that a step looks up by time."""
    import brian2 as b2

    rows, n = chain.encoder.steps + 1, chain.sizes[0]
    period = rows * dt
    seen = from_bits(shown.trains, rows) * shown.masks[0][:, None, :]
    values: dict[str, Any] = {
        "seen": b2.TimedArray(np.vstack([seen.reshape(-1, n), np.zeros((1, n))]).astype(float), dt=dt),
        "label": b2.TimedArray(shown.labels.astype(float), dt=period),
        "kept": chain.kept_v,
        "trace_decay": chain.trace_decay,
        "n_spikes": float(chain.signal.denominator),
        "output_threshold": chain.signal.output_threshold,
        "hidden_threshold": chain.signal.hidden_threshold,
        "most": float(chain.signal.most),
        **chain.rule.parameters,
        "eta": eta,
    }
    for layer, mask in enumerate(shown.masks[1:], 1):
        values[f"mask{layer}"] = b2.TimedArray(mask.astype(float), dt=period)
        values[f"scale{layer}"] = shown.scales[layer - 1]
        values[f"threshold{layer}"] = float(chain.thresholds[layer - 1])
    return values


def _input_group(chain: Chain, values: dict[str, Any], dt: Any, rows: int) -> Any:
    import brian2 as b2

    group = b2.NeuronGroup(chain.sizes[0], _INPUT, threshold="z > 0.5", reset="s = 1", namespace=values, dt=dt)
    group.run_regularly("s = 0; x = 0", dt=rows * dt, when="groups", order=_RESET)
    group.run_regularly("x = trace_decay*x + s; s = 0; z = seen(t, i)", when="groups", order=_STEP)
    return group


def _layer_group(chain: Chain, layer: int, layers: int, values: dict[str, Any], dt: Any, rows: int) -> Any:
    import brian2 as b2

    group = b2.NeuronGroup(
        chain.sizes[layer],
        _LAYER,
        threshold=f"v >= threshold{layer} and m > 0.5",
        reset=f"v -= threshold{layer}; s = 1; c += 1",
        events={"passes": "g != 0", "learns": "ended > 0"},
        namespace=values,
        dt=dt,
    )
    phase = 2 * _PHASE * (layers - layer)
    desire = _OUTPUT_DESIRE if layer == layers else _HIDDEN_DESIRE
    group.run_regularly(desire, dt=rows * dt, when="groups", order=phase)
    group.set_event_schedule("passes", when="groups", order=phase + 1)
    group.set_event_schedule("learns", when="groups", order=_LEARN)
    reset = f"v = 0; I = 0; s = 0; x = 0; c = 0; q = 0; D = 0; g = 0; S = 0; ended = 0; m = mask{layer}(t, i)"
    group.run_regularly(reset, dt=rows * dt, when="groups", order=_RESET)
    step = f"v = kept*v + scale{layer}*I; I = 0; x = trace_decay*x + s; s = 0"
    group.run_regularly(step, when="groups", order=_STEP)
    return group


# The label of the sample that has just ended is that of the previous step. At time 0 no sample has ended yet.
_OUTPUT_DESIRE = """
is_label = int(i == label(t - dt))
error = is_label*(1 - c/n_spikes) + (1 - is_label)*c/n_spikes
D = int(t > 0*second)*int(error > output_threshold)*(2*is_label - 1)
g = D*error
S = int(D > 0)*int(c == 0)
ended = c + S
"""
_HIDDEN_DESIRE = """
D = int(m > 0.5)*int(abs(q) >= hidden_threshold)*(2*int(q > 0) - 1)*(1 - int(q > 0)*int(c >= most))
g = D*abs(int(D > 0) - c/n_spikes)
S = int(D > 0)*int(c == 0)
ended = c + S
"""


def _synapses(chain: Chain, layer: int, layers: int, groups: list[Any], values: dict[str, Any], dt: Any) -> Any:
    import brian2 as b2

    tag, learn = _rule_code(chain)
    paths = {"tagging": tag, "learning": learn}
    events = {"pre": "spike", "tagging": "spike", "learning": "learns"}
    if layer > 0:
        paths["passing"], events["passing"] = "q_pre += b*g_post", "passes"
        paths["learning"] += "\n" + str(chain.signal.feedback.learning)
    synapses = b2.Synapses(
        groups[layer], groups[layer + 1], "w : 1\nb : 1\ntag : 1",
        on_pre="I_post += w", on_post=paths, on_event=events, namespace=values, dt=dt,
    )  # fmt: skip
    synapses.learning.when, synapses.learning.order = "groups", _LEARN + 1
    if layer > 0:
        synapses.passing.when, synapses.passing.order = "groups", 2 * _PHASE * (layers - layer - 1) + 2
    synapses.connect()
    synapses.w = chain.weights[layer].ravel()
    synapses.b = chain.feedback[layer].ravel()
    return synapses


def _rule_code(chain: Chain) -> tuple[str, str]:
    """Updates of the rule as code for Brian2, where traces belong to the pre neuron and modulators to the post neuron."""
    import re

    sides = dict.fromkeys(chain.rule.traces, "pre") | dict.fromkeys(chain.rule.modulators, "post")

    def code(kind: GateKind) -> str:
        lines = (f"{u.target} += {u.text}" for u in chain.rule.updates if u.gate.kind is kind)
        return re.sub(r"\b[A-Za-z_]\w*\b", lambda m: f"{m[0]}_{sides[m[0]]}" if m[0] in sides else m[0], "\n".join(lines))

    low, high = chain.rule.bounds
    limits = f"\nw = clip(w, {low!r}, {high!r})" if np.isfinite([low, high]).any() else ""
    return code(GateKind.POST), code(GateKind.PHASE) + limits
