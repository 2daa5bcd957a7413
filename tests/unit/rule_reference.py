"""A slow and dense interpreter of plasticity rules, which is the oracle for every execution.

Written from the docstring of `neurosim.plasticity.rule` alone. Every variable has one value per synapse, including traces.
"""

import ast

import numpy as np

from neurosim.plasticity.products import SYNAPTIC, GateKind, Impulse

FUNCTIONS = {
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "abs": np.abs, "sign": np.sign, "clip": np.clip,
    "where": lambda c, a, b: np.where(c != 0, a, b), "step": lambda x: np.heaviside(x, 0.0),
    "relu": lambda x: np.where(x > 0, x, 0.0), "min": np.minimum, "max": np.maximum,
}  # fmt: skip
OPERATORS = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Pow: np.power, ast.Gt: np.greater,
    ast.GtE: np.greater_equal, ast.Lt: np.less, ast.LtE: np.less_equal, ast.Eq: np.equal, ast.NotEq: np.not_equal,
    ast.And: np.logical_and, ast.Or: np.logical_or, ast.Not: np.logical_not, ast.USub: np.negative, ast.UAdd: np.positive,
}  # fmt: skip


def run_rule(rule, pre, post, w, dt, *, signals=None, mask=None, delay=0, channels=None, states=None):
    """One sample of `rule`: a list with a dict for each step, of what holds after it, the last one after "sample_end".

    Parameters
    ----------
    rule : PlasticityRule
    pre, post : array (steps, n_pre), (steps, n_post)
        Spikes.
    w : array (n_pre, n_post)
        Initial weights, in the unit of the rule.
    dt : float
        Seconds a step.
    signals : mapping
        Modulator -> (steps,) or (steps, n_post).
    mask : array (n_pre, n_post) of bool
        Where there are synapses; elsewhere every value is 0. All pairs if left out.
    delay : int or array (n_pre, n_post)
        Steps.
    channels : mapping
        Other events of the post neurons: name -> (steps, n_post).
    states : mapping
        States of the post neurons: name -> (steps + 1, n_post), the first row at rest, the others after each step.

    Returns
    -------
    list of dict
        "w", "tag", "aux" and the name of each trace -> array (n_pre, n_post), as the synapses see it.
    """
    shape, steps = np.shape(w), len(pre)
    events = {name: np.asarray(raster) != 0 for name, raster in {"spike": post, **(channels or {})}.items()}
    factors = {name: np.reshape(np.asarray(values, float), (steps, 1, -1)) for name, values in (signals or {}).items()}
    mask = np.ones(shape, bool) if mask is None else np.asarray(mask, bool)
    state = {"w": np.array(w, float), "tag": np.zeros(shape), "aux": np.zeros(shape)}
    traces = {name: t for name, t in rule.traces.items() if t.side != "synapse" and not t.of}
    state |= {name: np.zeros(shape) for name in traces}
    followed = {name: t for name, t in rule.traces.items() if t.of}
    state |= {name: np.broadcast_to(states[t.of][0], shape) for name, t in followed.items()}
    read = {name: m.state for name, m in rule.modulators.items() if m.state}
    history = []
    for k in range(steps):
        seen = {name: raster[k][None, :] & mask for name, raster in events.items()}
        came = {"spike": _arrived(pre, k, delay, shape) & mask, "arrival": _arrived(pre, k - 1, delay, shape) & mask}
        for name, trace in rule.traces.items():
            state[name] = state[name] * trace.kept(dt)
        for name, trace in followed.items():
            late = states[trace.of][max(k - round(trace.delay / dt), 0)]
            state[name] = state[name] + (1 - trace.kept(dt)) * late
        before = {f"before({name})": state[name] for name in traces}
        for name, trace in traces.items():
            spikes = came[trace.channel] if trace.side == "pre" else seen[trace.channel]
            state[name] = np.where(spikes, _after_spike(trace, state[name]), state[name])
        third = {name: values[k] for name, values in factors.items()} | before
        third |= {name: states[of][k][None, :] for name, of in read.items()}
        _learn(rule, state, third, lambda gate, k=k, came=came, seen=seen: _opens(gate, k, came["spike"], seen, mask))
        if k == steps - 1:
            _learn(rule, state, third, lambda gate: mask & (gate.kind is GateKind.PHASE))
        history.append({name: np.where(mask, values, 0.0) for name, values in state.items()})
    return history


def _arrived(pre, k, delay, shape):
    """Whether each synapse sees a spike of its presynaptic neuron in step k."""
    sent = np.broadcast_to(k - np.asarray(delay, int), shape)
    return (sent >= 0) & (np.asarray(pre)[np.maximum(sent, 0), np.arange(shape[0])[:, None]] != 0)


def _after_spike(trace, x):
    return {
        Impulse.ADD: x + trace.impulse,
        Impulse.OVERWRITE: np.full_like(x, trace.impulse),
        Impulse.SATURATE: x + trace.impulse * (1 - x),
    }[trace.mode]


def _opens(gate, k, came, seen, mask):
    every = (k + 1) % gate.period == 0
    return {
        GateKind.PRE: came,
        GateKind.POST: seen.get(gate.channel),
        GateKind.EVERY: mask & every,
        GateKind.PHASE: np.zeros_like(mask),
    }[gate.kind]


def _value(node, known):
    """Value of an expression; comparisons and conditions are the numbers 0 and 1."""
    if isinstance(node, ast.Name):
        return known[node.id]
    if isinstance(node, ast.Constant):
        return float(node.value)
    if isinstance(node, ast.Call):
        name = node.func.id
        return known[ast.unparse(node)] if name == "before" else FUNCTIONS[name](*(_value(a, known) for a in node.args))
    if isinstance(node, ast.UnaryOp):
        return OPERATORS[type(node.op)](_value(node.operand, known)) * 1.0
    if isinstance(node, ast.BoolOp):
        first, *others = (_value(value, known) for value in node.values)
        for other in others:
            first = OPERATORS[type(node.op)](first, other) * 1.0
        return first
    sides = (node.left, node.comparators[0]) if isinstance(node, ast.Compare) else (node.left, node.right)
    kind = node.ops[0] if isinstance(node, ast.Compare) else node.op
    return OPERATORS[type(kind)](*(_value(side, known) for side in sides)) * 1.0


def _learn(rule, state, third, opens):
    """Add what every update gives, all from the same state, and bound w."""
    known = {**rule.parameters, **state, **third}
    with np.errstate(all="ignore"):
        added = [(u.target, np.where(opens(u.gate), _value(u.tree, known), 0.0)) for u in rule.updates]
    for target, values in added:
        assert target in SYNAPTIC
        state[target] = state[target] + values
    state["w"] = np.clip(state["w"], *rule.bounds)
