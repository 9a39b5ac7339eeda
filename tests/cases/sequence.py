"""Case of the loss on sequences without an alignment."""

import math

import torch
from hypothesis import strategies as st
from torch import Tensor

from lossfns.sequence import ctc_loss
from tests.cases.case import FULL_PRECISION, Arguments, Case, Shape, normal

FRAMES = 5


def draw_sequences(shape: Shape, dtype: torch.dtype, generator: torch.Generator) -> Arguments:
    """Normalised log-probabilities and targets that fit into them, some of them empty."""
    batch, most = shape if len(shape) == 2 else (*shape, 2)
    raw = normal((FRAMES, batch, 4), torch.float64, generator)
    return {
        "log_probs": raw.log_softmax(-1).to(dtype),
        "targets": torch.randint(1, 4, (batch, most), generator=generator),
        # Enough frames for every label and for a blank between each two.
        "input_lengths": torch.randint(4, FRAMES + 1, (batch,), generator=generator),
        "target_lengths": torch.randint(min(most, 2) + 1, (batch,), generator=generator),
    }


def forward_probabilities(log_probs: Tensor, labels: list[int]) -> float:
    """−log of α's last two entries, in probabilities, for one sequence with blank 0."""
    states = [0]
    for label in labels:
        states += [label, 0]
    reached = [1.0] + [0.0] * 2 * len(labels)
    for frame in log_probs.exp().tolist():
        ways = list(reached)
        for s, label in enumerate(states):
            ways[s] += reached[s - 1] if s >= 1 else 0
            ways[s] += reached[s - 2] if s >= 2 and label not in (0, states[s - 2]) else 0
        reached = [frame[label] * way for label, way in zip(states, ways, strict=True)]
    return -math.log(sum(reached[-2:]))


CASES = (
    Case(
        function=ctc_loss,
        draw=draw_sequences,
        naive=forward_probabilities,
        # Each of the five frames adds a logsumexp and a logarithm.
        roundings=40,
        draw_weight=None,
        # Each loss by the length of its target, and then the mean over the batch.
        denominator=lambda arguments, _: (
            len(arguments["input_lengths"]) * arguments["target_lengths"].clamp(min=1)
        ),
        # PyTorch's gradient takes the log-probabilities for a log-softmax's and subtracts what
        # that would: the two losses have the same gradient by the scores, and by nothing else.
        through=lambda scores: scores.log_softmax(-1),
        # The gradient by a score is p_c − the share of c, of size 1 and cancelling.
        cancelling=lambda _: (1.0, 1.0),
        differentiable=("log_probs",),
        dtypes=FULL_PRECISION,
        shapes=st.tuples(st.integers(1, 4), st.integers(0, 2)),
    ),
)
