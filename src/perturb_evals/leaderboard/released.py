"""When a model was released, against when the data it is asked about became public."""

from dataclasses import dataclass
from datetime import date

from inspect_ai.model import get_model_info

from perturb_evals.datasets.published import publication_date


@dataclass(frozen=True)
class Release:
    """A model's release.

    Attributes:
        date: When the model was released.
        after_data: Whether the data were public by then, so that it may have seen them; None where
            their date is not known.
    """

    date: date
    after_data: bool | None


def release(model: str, context: str) -> Release | None:
    """Return the release of a model, where Inspect's model data know it.

    Args:
        model: Name of the model, as in logs.
        context: Cell line or screen.
    """
    info = get_model_info(model)
    if info is None or info.release_date is None:
        return None
    public = publication_date(context)
    return Release(info.release_date, None if public is None else info.release_date > public)
