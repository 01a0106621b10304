"""Evidence: what a solver may read, and the only door to it; each family has one."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from perturb_evals.datasets.errors import DataError


class EvidenceError(DataError):
    """A solver asked for training rows that the declared track does not allow."""


class NoRowsError(EvidenceError):
    """A solver asked for rows that the track allows and the data do not have."""


class Evidence(ABC):
    """What a solver may read for a sample: training rows or training vectors, never the truth."""

    @classmethod
    @abstractmethod
    def from_metadata(cls, metadata: Mapping[str, Any]) -> "Evidence":
        """Return what a sample's metadata declares; the same object for the same declaration.

        Raises:
            ValueError: The sample is of a task of another family.
        """
