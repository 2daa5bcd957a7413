"""Plasticity rules beside a NIR file, which has no place for them: ``net.rules.json`` for ``net.nir``."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from neurosim.errors import DataError, NeurosimError, unknown_name
from neurosim.files.json_file import read_json, write_json
from neurosim.network import Network
from neurosim.plasticity.stored import rule_data, rule_of

_FORMAT = "neurosim plasticity rules"
_SUFFIX = ".rules.json"


def side_path(path: str | os.PathLike[str]) -> Path:
    """Path of the rules of a NIR file."""
    return Path(path).with_suffix(_SUFFIX)


def write_rules(path: str | os.PathLike[str], network: Network) -> Path | None:
    """Write the rules of a network beside its NIR file, or remove an old file of rules; None if it has no rules.

    Raises
    ------
    UnsupportedError
        If a rule has a part that is no data, such as a third factor that a training loop computes.
    """
    rules = {p.name: rule_data(p.plasticity) for p in network.projections if p.plasticity is not None}
    where = side_path(path)
    if not rules:
        where.unlink(missing_ok=True)
        return None
    write_json(where, {"format": _FORMAT, "format_version": 1, "rules": rules})
    return where


def rules_beside(source: Any, network: Network) -> Network:
    """The network with the rules that lie beside its file.

    Raises
    ------
    DataError
        If the file of rules is damaged, or names a projection that the network does not have.
    """
    if not isinstance(source, str | os.PathLike) or not side_path(source).is_file():
        return network
    where = side_path(source)
    found = read_json(where)
    rules = found.get("rules")
    if found.get("format") != _FORMAT or found.get("format_version") != 1 or not isinstance(rules, dict):
        raise DataError(f"{where}: no file of plasticity rules that this version reads; expected one that to_nir wrote.")
    names = [p.name for p in network.projections]
    for name in rules:
        if name not in names:
            raise DataError(f"{where}: " + unknown_name("projection", name[:60], names) + " Does it belong to this NIR file?")
    made = {name: rule_of(data, f"{where}: {name!r}") for name, data in rules.items()}
    projections = tuple(replace(p, plasticity=made.get(p.name, p.plasticity)) for p in network.projections)
    try:
        return replace(network, projections=projections)
    except NeurosimError as error:
        raise DataError(f"{where}: its rules do not fit the network: {error}") from None
