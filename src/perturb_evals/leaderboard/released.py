"""When a model was released, against when the data it is asked about became public."""

from dataclasses import dataclass
from datetime import date

from inspect_ai.model import get_model_info


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


def release(model: str, public: date | None) -> Release | None:
    """Return the release of a model, where Inspect's model data know it.

    Args:
        model: Name of the model, as in logs.
        public: When the data it is asked about became public; None where that is not known.
    """
    info = get_model_info(model)
    if info is None or info.release_date is None:
        return None
    return Release(info.release_date, None if public is None else info.release_date > public)
