"""Loss functions from first principles, each one checked against its own mathematics.

The functions carry the names and signatures of :mod:`torch.nn.functional` (without the
deprecated ``size_average`` and ``reduce``), so ``import lossfns as F`` is a drop-in.
``lossfns.symbolic`` (the SymPy definitions) and ``lossfns.figures`` (the course's figure
style) load only when they are imported by name, because SymPy and Matplotlib are slow to load.
"""

from lossfns.optimisation import Descent, gradient_descent, sgd
from lossfns.reduction import reduce
from lossfns.regression import l1_loss, mse_loss

__version__ = "0.1.0"

__all__ = ["Descent", "gradient_descent", "l1_loss", "mse_loss", "reduce", "sgd"]
