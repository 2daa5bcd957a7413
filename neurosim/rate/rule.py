"""Rules of rates: a change of weights as a polynomial of named quantities of the two sides of a connection.

The text is parsed by the code of `neurosim.plasticity.PlasticityRule`, and refused for the same reasons: a factor that belongs
neither to the pre side, nor to the post side, nor to the synapse is not local.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from neurosim.checks.described import Described
from neurosim.display.short import Short
from neurosim.errors import NetworkError, shown, unknown_name
from neurosim.plasticity.atoms import is_atom, shown_factor
from neurosim.plasticity.expressions import checked_update
from neurosim.plasticity.products import SYNAPTIC, Gate, GateKind, Product
from neurosim.rate.activations import Array
from neurosim.rate.connections import Connection, add_over_images

_NOW = Gate(GateKind.PHASE, "learn")


@dataclass(frozen=True)
class Quantities(Short):
    """Values of the quantities that a rule multiplies, for one connection and a mini-batch.

    Attributes
    ----------
    pre, post : mapping
        Quantity -> array (neurons, images) of the layer below, and of the layer above.
    connection : Connection, optional
        The connection of matrices that are not weights of a layer; None for those that have the shape of the layer's weights.
    """

    pre: Mapping[str, Array] = field(default_factory=dict)
    post: Mapping[str, Array] = field(default_factory=dict)
    connection: Connection | None = None

    @cached_property
    def images(self) -> int:
        """Number of images."""
        return int(next(iter((*self.pre.values(), *self.post.values()))).shape[1])

    def astype(self, dtype: DTypeLike) -> Quantities:
        """The same values in arrays of another type.

        Parameters
        ----------
        dtype : dtype
            Type of the numbers, such as ``np.float32``.
        """
        pre, post = ({name: a.astype(dtype) for name, a in side.items()} for side in (self.pre, self.post))
        return Quantities(pre, post, self.connection)

    def of_bias(self) -> Quantities:
        """The same for biases: all quantities of the pre side are 1."""
        one = np.ones((1, self.images), next(iter((*self.post.values(), *self.pre.values()))).dtype)
        return Quantities(dict.fromkeys(self.pre, one), self.post)


@dataclass(frozen=True)
class _Group:
    """Products with the same pre quantities and the same synaptic factors; their post quantities are added first."""

    pre: tuple[str, ...]
    synaptic: tuple[str, ...]
    posts: tuple[tuple[float, tuple[str, ...]], ...]

    def decay(self, target: str) -> float | None:
        """The number c of a product ``c * target`` alone, such as a decay of weights; None for any other group."""
        alone = not self.pre and self.synaptic == (target,) and len(self.posts) == 1 and not self.posts[0][1]
        return self.posts[0][0] if alone else None


@dataclass(frozen=True)
class RateRule(Described):
    """Rule by which weights change: the mean over a mini-batch of a polynomial.

    Parameters
    ----------
    text : str
        The change of ``w``, such as ``"-eta * d * h"``.
    pre, post : tuple of str
        Names of the quantities of the two sides.
    parameters : mapping
        Numbers by name.
    aux : str
        The change of a second variable of each synapse, ``aux``; "" if there is none.

    Raises
    ------
    NetworkError
        If the text is no polynomial of these quantities, ``w`` and ``aux``.
    """

    text: str
    pre: tuple[str, ...] = ()
    post: tuple[str, ...] = ()
    parameters: Mapping[str, float] = field(default_factory=dict)
    aux: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "pre", tuple(self.pre))
        object.__setattr__(self, "post", tuple(self.post))
        named = [*self.pre, *self.post, *self.parameters, *SYNAPTIC]
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise NetworkError(f"RateRule {shown(self.text)}: {twice[0]!r} names two factors; give each its own name.")
        assert self.groups  # parsed at once, so that a rule that exists is valid

    @cached_property
    def groups(self) -> Mapping[str, tuple[_Group, ...]]:
        """The products by variable, grouped so that each group costs one matrix product."""
        texts = {"w": self.text} | ({"aux": self.aux} if self.aux else {})
        return {target: self._grouped(target, text) for target, text in texts.items()}

    def _grouped(self, target: str, text: str) -> tuple[_Group, ...]:
        readable = {*self.pre, *self.post, "w", *(("aux",) if self.aux else ())}
        update = checked_update(f"of rates {shown(text)}", _NOW, target, text, readable, self.parameters)
        found: dict[tuple[tuple[str, ...], tuple[str, ...]], list[tuple[float, tuple[str, ...]]]] = {}
        for product in update.products():
            self._check_polynomial(product)
            pre, post, own = self._sides(product)
            found.setdefault((pre, own), []).append((product.coefficient, post))
        groups = [_Group(pre, own, tuple(posts)) for (pre, own), posts in found.items()]
        # Changes read the weights from before any change, and only those without synaptic factors are added in place.
        return tuple(sorted(groups, key=lambda group: not group.synaptic))

    def _check_polynomial(self, product: Product) -> None:
        for factor in filter(is_atom, product.factors):
            raise NetworkError(
                f"RateRule {self.text!r}: {shown_factor(factor)} is no polynomial of its quantities, and rules of rates are; "
                "compute it in the algorithm, and give it to the rule as a quantity."
            )

    def _sides(self, product: Product) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        def of(names: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(f for f in product.factors if f in names)

        return of(self.pre), of(self.post), of(SYNAPTIC)

    def check(self, quantities: Quantities, connection: Connection) -> None:
        """Raise NetworkError if a quantity of the rule has no value, or not one for each neuron (or all) and image."""
        who, images = f"RateRule {shown(self.text)}: the algorithm gives", None
        sides = (("pre", self.pre, quantities.pre, connection.pre), ("post", self.post, quantities.post, connection.post))
        for side, names, values, place in sides:
            missing = sorted({*names} - {*values})
            if missing:
                known = unknown_name(f"{side} quantity", missing[0], values)
                raise NetworkError(f"{who} no {shown(missing[0])}. {known}")
            neurons = math.prod(place)
            for name in names:
                shape = np.shape(values[name])
                images = shape[-1] if images is None and shape else images
                if shape not in ((neurons, images), (1, images)) or not isinstance(values[name], np.ndarray):
                    raise NetworkError(
                        f"{who} {side} quantity {name!r} as {type(values[name]).__name__} of shape {shape}; expected an array "
                        f"(neurons, images) of shape ({neurons}, {images})."
                    )

    def macs(self, connection: Connection, values: Quantities) -> int:
        """Multiply-accumulate operations for one image: one product for each group that has both sides."""
        return sum(connection.macs for _, g in self._each(values) if g.pre and any(posts for _, posts in g.posts))

    def add_to(
        self, into: Mapping[str, Array], variables: Mapping[str, Array], connection: Connection, values: Quantities
    ) -> None:
        """Add the mean change over the images to arrays, in place; `into` may be the variables themselves.

        Parameters
        ----------
        into : mapping
            Variable ("w", and "aux" if the rule has it) -> array of the shape of the weights.
        variables : mapping
            The present values of the variables.
        connection : Connection
            The connection, which knows how its weights are arranged.
        values : Quantities
            Values of the quantities.
        """
        later = self._synaptic(variables, connection, values)
        for target, group in self._each(values):
            if (decay := group.decay(target)) is not None:
                _scale(into[target], decay, variables[target])
        self._finish(into, later, connection, values)

    def learned(self, variables: Mapping[str, Array], connection: Connection, values: Quantities) -> dict[str, Array]:
        """The mean change over the images as new arrays, without the decay ``c * w`` that no image asks for."""
        out = {target: np.zeros_like(variables[target]) for target in self.groups}
        self._finish(out, self._synaptic(variables, connection, values), connection, values)
        return out

    def _synaptic(
        self, variables: Mapping[str, Array], connection: Connection, values: Quantities
    ) -> list[tuple[str, Array]]:
        """Changes that read variables of the synapses, but for decays."""
        found = []
        for target, group in self._each(values):
            if group.synaptic and group.decay(target) is None:
                change = np.zeros(variables[target].shape, variables[target].dtype)
                _add(change, group, connection, values)
                for name in group.synaptic:
                    change *= variables[name]
                found.append((target, change))
        return found

    def _finish(
        self, into: Mapping[str, Array], synaptic: list[tuple[str, Array]], connection: Connection, values: Quantities
    ) -> None:
        for target, group in self._each(values):
            if not group.synaptic:
                _add(into[target], group, connection, values)
        for target, change in synaptic:
            into[target] += change

    def _each(self, values: Quantities) -> Iterator[tuple[str, _Group]]:
        return ((target, group) for target, groups in self.groups.items() for group in _merged(groups, values))


def _scale(out: Array, factor: float, variable: Array) -> None:
    """Add `factor` times a variable to `out`; without a copy if this is the variable itself."""
    if out is variable:
        out *= 1 + factor
    else:
        out += factor * variable


def _merged(groups: tuple[_Group, ...], values: Quantities) -> tuple[_Group, ...]:
    """Groups whose pre quantities are the same arrays become one, such as the image in two phases, and cost one product."""
    found: dict[Any, _Group] = {}
    for group in groups:
        key = tuple(id(values.pre[name]) for name in group.pre), group.synaptic
        found[key] = replace(found[key], posts=(*found[key].posts, *group.posts)) if key in found else group
    return tuple(found.values())


def _add(out: Array, group: _Group, connection: Connection, values: Quantities) -> None:
    images = values.images
    pre = _product([values.pre[name] for name in group.pre])
    if pre is None and not any(names for _, names in group.posts):
        # The mean of a constant over the images is the constant.
        out += sum(factor for factor, _ in group.posts)
        return
    if len(group.posts) == 1:
        ((factor, names),) = group.posts
        add_over_images(out, connection, factor / images, _product([values.post[name] for name in names]), pre)
        return
    total: Any = sum(factor for factor, names in group.posts if not names)
    for factor, names in group.posts:
        if names:
            total = total + factor * _product([values.post[name] for name in names])
    add_over_images(out, connection, 1 / images, total, pre)


def _product(arrays: list[Array]) -> Any:
    out = arrays[0] if arrays else None
    for array in arrays[1:]:
        out = out * array
    return out
