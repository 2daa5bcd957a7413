"""What a result was made from, by text: it is made again when something that it depends on has changed, and only then.

What a file depends on is read in its text: what it imports, inside functions too, and the files that its strings name, such as
a model, a hardware target or a package whose files are read. Of a package's `__init__`, what it only passes on counts for those
who ask for it. Comments, docstrings, the layout of code and what only type checkers read count for nothing.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CODE = ("neurosim", "experiments", "tests")
CONTENT = ("models", "hardware_targets")

_WORD = re.compile(rb"[A-Za-z]\w{3,}", re.ASCII)

Name = tuple[str, str]
"""A module, and a name in it; "" for all of it."""


@dataclass(frozen=True)
class Source:
    """What one file says: a digest of what counts, what it imports, what it passes on under which name, and its strings."""

    digest: str
    imports: frozenset[Name] = frozenset()
    passed_on: Mapping[str, Name] | None = None
    strings: frozenset[str] = frozenset()


class Project:
    """The files of a checkout as they are now.

    Parameters
    ----------
    root : Path
        Its folder.
    """

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self._sources: dict[Path, Source] = {}

    def digest(self, *starts: Path, also: Iterable[str] = ()) -> str:
        """SHA-256 of the files in `starts`, of all that they depend on, and of the texts in `also`."""
        found = self.reached(*starts)
        lines = [f"{path.relative_to(self.root)} {self._source(path).digest}" for path in found if isinstance(path, Path)]
        names = [str(name) for name in found if not isinstance(name, Path)]
        return hashlib.sha256("\n".join([*sorted(lines), *sorted(names), *also]).encode()).hexdigest()

    def reached(self, *starts: Path) -> set[Path | Name]:
        """Files that `starts` depend on, these among them; and names by which one was found through another module."""
        found: set[Path | Name] = set()
        waiting: list[Path | Name] = list(starts)
        while waiting:
            at = waiting.pop()
            if at not in found:
                found.add(at)
                waiting += self._after_file(at) if isinstance(at, Path) else self._after_name(*at)
        return {at for at in found if isinstance(at, Path) or at[0] in self._modules}

    @cached_property
    def _modules(self) -> dict[str, Path]:
        paths = [path for folder in CODE for path in (self.root / folder).rglob("*.py")]
        return {".".join(path.relative_to(self.root).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}

    @cached_property
    def _named(self) -> dict[str, list[Path]]:
        """Word -> the files that a string of this word may mean."""
        named: dict[str, list[Path]] = {}
        inside = {module: path for module, path in self._modules.items() if module.startswith("neurosim.")}
        for module, path in inside.items():
            named[module] = sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]
            named.setdefault(path.name, []).append(path)
        data = [path for folder in CONTENT for path in (self.root / folder).iterdir() if path.is_file()]
        kept = (path for path in (self.root / "neurosim").rglob("*.*") if "__pycache__" not in path.parts)
        data += [path for path in kept if path.suffix != ".py"]
        for path in data:
            for word in {path.name, path.stem}:
                named.setdefault(word, []).append(path)
        return named

    def _source(self, path: Path) -> Source:
        if path not in self._sources:
            self._sources[path] = read_source(path)
        return self._sources[path]

    def _after_file(self, path: Path) -> Iterator[Path | Name]:
        source = self._source(path)
        yield from source.imports
        for text in source.strings:
            yield from self._named.get(text.rpartition("/")[2], ())

    def _after_name(self, module: str, name: str) -> Iterator[Path | Name]:
        parts = module.split(".")
        above = (".".join(parts[:k]) for k in range(1, len(parts)))
        yield from (self._modules[package] for package in above if package in self._modules)
        if module not in self._modules:
            return
        path = self._modules[module]
        passed_on = self._source(path).passed_on or {}
        if name in passed_on:
            yield path
            yield passed_on[name]
        elif f"{module}.{name}" in self._modules:
            yield path
            yield f"{module}.{name}", ""
        else:
            yield path
            yield from passed_on.values() if name in ("", "*") else ()


def read_source(path: Path) -> Source:
    """What `path` says; of a file that is not Python, every byte counts, and every word may name a file."""
    content = path.read_bytes()
    if path.suffix != ".py":
        words = frozenset(word.decode() for word in _WORD.findall(content))
        return Source(hashlib.sha256(content).hexdigest(), strings=words)
    return _read_python(content, path.name == "__init__.py")


@cache
def _read_python(content: bytes, package: bool) -> Source:
    tree = _Bare().visit(ast.parse(content))
    passed_on = _take_passed_on(tree) if package else {}
    nodes = list(ast.walk(tree))
    strings = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    imports = {pair[1] for node in nodes for pair in _imported(node)}
    return Source(hashlib.sha256(_shape(tree).encode()).hexdigest(), frozenset(imports), passed_on, frozenset(strings))


class _Bare(ast.NodeTransformer):
    """Takes away docstrings, and what only type checkers read."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str) else self.generic_visit(node)

    def visit_If(self, node: ast.If) -> Any:
        if "TYPE_CHECKING" in ast.unparse(node.test):
            return [self.visit(other) for other in node.orelse]
        return self.generic_visit(node)


def _imported(node: ast.AST) -> Iterator[tuple[str, Name]]:
    """Names that a statement binds, each with what it stands for."""
    if isinstance(node, ast.Import):
        yield from ((part.asname or part.name, (part.name, "")) for part in node.names)
    elif isinstance(node, ast.ImportFrom):
        if node.level or node.module is None:
            raise ValueError(f"Line {node.lineno}: a relative import; expected the module's whole name.")
        yield from ((part.asname or part.name, (node.module, part.name)) for part in node.names)


def _take_passed_on(tree: ast.Module) -> dict[str, Name]:
    """Imports at the top of a package that it does not use itself; they leave `tree`, and so does `__all__`."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    found, kept = {}, []
    for statement in tree.body:
        names = dict(_imported(statement)) if isinstance(statement, ast.ImportFrom) else {}
        if names and not used & names.keys():
            found.update(names)
        elif not (isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__"):
            kept.append(statement)
    tree.body = kept
    return found


def _shape(node: Any) -> str:
    """The tree as text, the same in every version of Python: fields that a later one adds are empty."""
    if isinstance(node, ast.AST):
        fields = (f"{name}={_shape(value)}" for name, value in ast.iter_fields(node) if value is not None and value != [])
        return f"{type(node).__name__}({', '.join(fields)})"
    return f"[{', '.join(map(_shape, node))}]" if isinstance(node, list) else repr(node)
