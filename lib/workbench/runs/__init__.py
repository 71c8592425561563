"""A run of notebooks: the chain carried out, its kernels, its state, its failures, its resuming."""

from typing import TYPE_CHECKING

from workbench.on_demand import on_demand

if TYPE_CHECKING:
    from workbench.runs.combinations import told, variants
    from workbench.runs.failure_text import failure, going_on
    from workbench.runs.forge import Forge
    from workbench.runs.kernels import Forked, Kernels, PrivateKernelManager
    from workbench.runs.resume import earlier_run
    from workbench.runs.runner import carry_out
    from workbench.runs.state import conclude, with_recorded
    from workbench.runs.sweep import failures, run_variants

__all__ = [
    "Forge",
    "Forked",
    "Kernels",
    "PrivateKernelManager",
    "carry_out",
    "conclude",
    "earlier_run",
    "failure",
    "failures",
    "going_on",
    "run_variants",
    "told",
    "variants",
    "with_recorded",
]

__getattr__ = on_demand(__name__)
