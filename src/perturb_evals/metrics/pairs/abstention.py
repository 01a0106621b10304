"""How the AUROC credits a question that a system abstained from.

- ``half``: every pair in which a row abstained counts one half, whatever the other scores are.
- ``lowest``: an abstained row ranks below every answered row and ties with other abstained rows
  (the rule in PerturbQA's public code).
"""

from typing import Literal, TypeAlias, get_args

Abstention: TypeAlias = Literal["half", "lowest"]
ABSTENTIONS: tuple[Abstention, ...] = get_args(Abstention)
