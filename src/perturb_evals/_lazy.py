"""Names that a package gives out without importing them before they are asked for."""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any


def lazy_names(
    package: str, names: Sequence[str], modules: Sequence[str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` of a package (PEP 562).

    Inspect takes a second to load and pandas half of one; `perturb-evals --help` must not.

    Args:
        package: Its `__name__`.
        names: Its `__all__`.
        modules: The modules of the package that hold them, looked through in this order.
    """

    def get(name: str) -> Any:
        if name in names:
            for module in modules:
                found = import_module(f"{package}.{module}")
                if hasattr(found, name):
                    return getattr(found, name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get, lambda: sorted(names)
