"""`workbench new`: parameters for a dump that was never seen before."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.propose.asking import Analysis, analyses
    from workbench.propose.proposal import Proposal
    from workbench.propose.unseen import proposed_for

__all__ = [
    "Analysis",
    "Proposal",
    "analyses",
    "proposed_for",
]

__getattr__ = on_demand(__name__)
