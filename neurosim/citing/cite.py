"""Finds what a network, a model, a rule, a study or a recording is built on, from the papers that these name themselves."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from neurosim.citing.bibtex import Entry, entries
from neurosim.citing.names import texts_of_name
from neurosim.display.html import block, table
from neurosim.display.short import Short
from neurosim.errors import UsageError, shown
from neurosim.network.network import Network
from neurosim.neurons.base import Neuron
from neurosim.plasticity.rule import PlasticityRule
from neurosim.results.recording import Recording

_IDS = re.compile(r"10\.\d{4,}/[^\s,;\"\\]+|(?i:arxiv)[:. ]*\d{4}\.\d{4,5}")
_ENGINES: Mapping[str, str] = {"brian2": "stimberg2019", "lava": "lava", "nest": "nest"}
"""Engine of a recording -> entry."""


@dataclass(frozen=True)
class Citation(Short):
    """Entries to cite; ``print`` it for the BibTeX.

    Attributes
    ----------
    entries : tuple of Entry
        Entries in alphabetical order of their keys, that of neurosim included.
    missing : tuple of str
        Papers that are named, but have no entry here, by DOI or arXiv number.
    """

    entries: tuple[Entry, ...]
    missing: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the entries."""
        return tuple(entry.key for entry in self.entries)

    def __str__(self) -> str:
        left = [f"% {name} has no entry in neurosim; look it up by this number." for name in self.missing]
        return "\n\n".join([*map(str, self.entries), *left])

    def __repr__(self) -> str:
        return f"<Citation of {len(self.entries)} works; print it for BibTeX>"

    def _repr_html_(self) -> str:
        rows = [(e.key, e.fields["author"], e.fields["year"], e.fields["title"]) for e in self.entries]
        return block("Works to cite", table(("key", "authors", "year", "title"), rows))


def cite(*things: Any) -> Citation:
    """Works to cite for what was used.

    Parameters
    ----------
    *things : Network, Neuron, PlasticityRule, Recording or str
        What was used; a text is the name of a model, rule, learning algorithm of rates, study, data set, chip, neuron or
        program ("brian2", "lava", "nest", "nir").

    Returns
    -------
    Citation
        Entries for the papers of neurons, rules and models, for data and programs, and for neurosim.

    Raises
    ------
    UsageError
        If something else is given.
    ContentError
        If there is nothing with a name.

    Examples
    --------
    >>> print(cite(network, "mnist", "brian2"))
    """
    texts = [text for thing in things for text in _texts(thing)]
    keys, ids = {"neurosim"}, set[str]()
    for text in texts:
        keys |= {key for key in entries() if text == key}
        ids |= identifiers(text)
        keys |= _by_name(text)
    known = {identifier: entry.key for entry in entries().values() for identifier in _numbers(entry)}
    keys |= {known[i] for i in ids if i in known}
    return Citation(tuple(entries()[key] for key in sorted(keys)), tuple(sorted(ids - set(known))))


def identifiers(text: str) -> set[str]:
    """DOIs and arXiv numbers in a text, in lower case; the DOI of a preprint becomes its arXiv number."""
    # Docstrings break lines, but not within an identifier.
    found = {match.rstrip(".:)`]'").lower() for match in _IDS.findall(text)}
    closed = {f"{i})" if i.count("(") > i.count(")") else i for i in found}
    return {re.sub(r"^(10\.48550/arxiv\.|arxiv[:. ]*)", "arxiv:", i) for i in closed}


def _numbers(entry: Entry) -> Iterator[str]:
    if "doi" in entry.fields:
        yield from identifiers(entry.fields["doi"])
    if "eprint" in entry.fields:
        yield f"arxiv:{entry.fields['eprint']}"


def _by_name(text: str) -> set[str]:
    """Keys of works without a number whose first author and year are in the text."""
    unnumbered = (e for e in entries().values() if not {"doi", "eprint", "howpublished"} & set(e.fields))
    return {e.key for e in unnumbered if re.search(rf"\b{re.escape(e.surname)}\b.{{0,40}}\b{e.fields['year']}\b", text, re.S)}


def _texts(thing: Any) -> Iterable[str]:
    """Texts that name the papers of a thing, or keys of entries."""
    if isinstance(thing, str):
        return texts_of_name(thing)
    if isinstance(thing, Network):
        return _of_network(thing)
    if isinstance(thing, PlasticityRule):
        return (thing.paper,)
    if isinstance(thing, Neuron):
        return _of_neuron(thing)
    if isinstance(thing, Recording):
        return [_ENGINES[name] for name in (str(thing.info.get("engine", "")),) if name in _ENGINES]
    raise UsageError(f"cite: found {shown(thing)}; expected a network, neuron, rule, recording, or the name of one.")


def _of_neuron(neuron: Neuron) -> tuple[str, str]:
    return neuron.paper, inspect.getdoc(type(neuron)) or ""


def _of_network(network: Network) -> Iterator[str]:
    for population in network.populations:
        if isinstance(population.neuron, Neuron):
            yield from _of_neuron(population.neuron)
    for projection in network.projections:
        if projection.plasticity is not None:
            yield projection.plasticity.paper
        if projection.short_term is not None:
            yield inspect.getdoc(type(projection.short_term)) or ""
