"""Digests of everything that a result depends on, so that it is made again if, and only if, something of that has changed.

The text of a file shows what the file depends on: the modules that it imports, also inside functions, and the files that its
strings name, such as a model, a hardware target, or a package whose files are read. A name that a package only passes on leads
to the module that defines it, not to all other modules of the package. Comments, docstrings, layout and type-checking code do
not change a digest.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CODE = ("neurosim", "experiments", "tests")
CONTENT = ("models", "hardware_targets", "experiments/ports", "experiments/peers")
_WORD = re.compile(rb"[A-Za-z]\w{3,}", re.ASCII)

Name = tuple[str, str]
"""A module and a name in it; the empty name stands for the whole module."""


@dataclass(frozen=True)
class Source:
    """What matters about the text of one file.

    Attributes
    ----------
    digest : str
        SHA-256 of the text that counts.
    imports : frozenset of Name
        What the file imports and uses.
    passed_on : mapping
        Names that a package imports for others only, with their origin.
    strings : frozenset of str
        Strings that may name files.
    """

    digest: str
    imports: frozenset[Name] = frozenset()
    passed_on: Mapping[str, Name] = field(default_factory=dict)
    strings: frozenset[str] = frozenset()


class Project:
    """The files of a checkout as they are now.

    Parameters
    ----------
    root : Path
        Folder of the checkout.
    """

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self._sources: dict[Path, Source] = {}

    def digest(self, *starts: Path, also: Iterable[str] = ()) -> str:
        """SHA-256 of the files `starts`, of all files that they depend on, and of the texts `also`."""
        found = self.reached(*starts)
        files = [f"{path.relative_to(self.root)} {self._source(path).digest}" for path in found if isinstance(path, Path)]
        names = [str(name) for name in found if not isinstance(name, Path)]
        return hashlib.sha256("\n".join([*sorted(files), *sorted(names), *also]).encode()).hexdigest()

    def reached(self, *starts: Path) -> set[Path | Name]:
        """The files `starts`, all files that they depend on, and the imported names that led to them."""
        found: set[Path | Name] = set()
        waiting: list[Path | Name] = list(starts)
        while waiting:
            at = waiting.pop()
            if at not in found:
                found.add(at)
                waiting += self._from_file(at) if isinstance(at, Path) else self._from_name(*at)
        return {at for at in found if isinstance(at, Path) or at[0] in self._modules}

    @cached_property
    def _modules(self) -> dict[str, Path]:
        """Files of the modules, by their dotted names."""
        return {self._module(path): path for folder in CODE for path in (self.root / folder).rglob("*.py")}

    @cached_property
    def _named(self) -> dict[str, list[Path]]:
        """Files that a string may mean, by the string."""
        named: dict[str, list[Path]] = {}
        for module, path in self._modules.items():
            if module.startswith("neurosim."):
                named[module] = sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]
                named.setdefault(path.name, []).append(path)
        content = [path for folder in CONTENT for path in (self.root / folder).iterdir() if path.is_file()]
        inside = (path for path in (self.root / "neurosim").rglob("*.*") if "__pycache__" not in path.parts)
        for path in [*content, *(path for path in inside if path.suffix not in (".py", ".pyi"))]:
            for word in {path.name, path.stem}:
                named.setdefault(word, []).append(path)
        return named

    def _module(self, path: Path) -> str:
        return ".".join(path.relative_to(self.root).with_suffix("").parts).removesuffix(".__init__")

    def _source(self, path: Path) -> Source:
        if path not in self._sources:
            self._sources[path] = self._read(path)
        return self._sources[path]

    def _read(self, path: Path) -> Source:
        content = path.read_bytes()
        if path.suffix != ".py":
            # Every byte counts, and every word may name a file: a trained network names its model.
            words = frozenset(word.decode() for word in _WORD.findall(content))
            return Source(hashlib.sha256(content).hexdigest(), strings=words)
        package = path.name == "__init__.py"
        stub = path.with_suffix(".pyi").read_bytes() if package and path.with_suffix(".pyi").exists() else b""
        module = self._module(path)
        return _read_python(content, module if package else module.rpartition(".")[0], package, stub)

    def _from_file(self, path: Path) -> Iterator[Path | Name]:
        source = self._source(path)
        yield from source.imports
        for text in source.strings:
            yield from self._named.get(text.rpartition("/")[2], ())

    def _from_name(self, module: str, name: str) -> Iterator[Path | Name]:
        parts = module.split(".")
        for package in (".".join(parts[:k]) for k in range(1, len(parts))):
            if package in self._modules:
                yield self._modules[package]
        if module not in self._modules:
            return
        path = self._modules[module]
        yield path
        passed_on = self._source(path).passed_on
        if name in passed_on:
            yield passed_on[name]
        elif f"{module}.{name}" in self._modules:
            yield f"{module}.{name}", ""
        elif name in ("", "*"):
            yield from passed_on.values()


@cache
def _read_python(content: bytes, package: str, is_package: bool, stub: bytes) -> Source:
    tree = _Bare().visit(ast.parse(content))
    passed_on = _take_passed_on(tree, package) if is_package else {}
    passed_on |= {bound: name for node in ast.walk(ast.parse(stub)) for bound, name in _imported(node, package)}
    nodes = list(ast.walk(tree))
    strings = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    imports = {name for node in nodes for _, name in _imported(node, package)}
    return Source(hashlib.sha256(_shape(tree).encode()).hexdigest(), frozenset(imports), passed_on, frozenset(strings))


class _Bare(ast.NodeTransformer):
    """Removes docstrings and code for type checkers."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str) else self.generic_visit(node)

    def visit_If(self, node: ast.If) -> Any:
        if "TYPE_CHECKING" in ast.unparse(node.test):
            return [self.visit(other) for other in node.orelse]
        return self.generic_visit(node)


def _imported(node: ast.AST, package: str) -> Iterator[tuple[str, Name]]:
    """The names that an import in `package` binds, each with its origin."""
    if isinstance(node, ast.Import):
        yield from ((part.asname or part.name, (part.name, "")) for part in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        module = ".".join([*above, *([node.module] if node.module else [])])
        yield from ((part.asname or part.name, (module, part.name)) for part in node.names)


def _take_passed_on(tree: ast.Module, package: str) -> dict[str, Name]:
    """Remove from the top of a package `__all__` and the imports that it does not use itself; return these imports."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    found, kept = {}, []
    for statement in tree.body:
        names = dict(_imported(statement, package)) if isinstance(statement, ast.ImportFrom) else {}
        if names and not used & names.keys():
            found.update(names)
        elif not (isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__"):
            kept.append(statement)
    tree.body = kept
    return found


def _shape(node: Any) -> str:
    """The tree as text that is the same in every version of Python: the fields that a later version adds are empty."""
    if isinstance(node, ast.AST):
        fields = (f"{name}={_shape(value)}" for name, value in ast.iter_fields(node) if value is not None and value != [])
        return f"{type(node).__name__}({', '.join(fields)})"
    return f"[{', '.join(map(_shape, node))}]" if isinstance(node, list) else repr(node)
