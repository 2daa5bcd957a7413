"""What all tests need."""

from pathlib import Path

KERNELS = Path(__file__).parent.parent / "neurosim" / "emulate"


def _drop_stale_kernels():
    """Forget numba's caches of before the last change to a kernel.

    Numba compiles a kernel anew when its own file changes, but not when a kernel that it calls changes in another file.
    """
    compiled = [path for path in KERNELS.glob("*.py") if "jit" in path.read_text() or "emulate.compiled" in path.read_text()]
    newest = max(path.stat().st_mtime for path in compiled)
    for index in (KERNELS / "__pycache__").glob("*.nbi"):
        if index.stat().st_mtime < newest:
            index.unlink(missing_ok=True)


_drop_stale_kernels()
