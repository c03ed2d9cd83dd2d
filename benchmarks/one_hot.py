"""Block Gibbs sampling and contrastive divergence as deep-learning codes write them.

Every spin is a one-hot tensor, every conditional an einsum, every draw a Categorical: the peer that
the compiled chains are measured against.
"""

import torch
from torch.distributions import Categorical

from mlrg.geometry import CROSS, SQUARE


class OneHotDivergence:
    """CD-k with every spin a one-hot tensor and every draw a Categorical."""

    def __init__(self, block, samples, burn_in=10, sweeps=1):
        self.samples, self.burn_in, self.sweeps = samples, burn_in, sweeps
        self.visible, self.hidden = block.states, block.student.shape[2]
        turns, hidden_turns = block.visible_turns, block.hidden_turns
        self.teacher = [
            torch.tensor(block.teacher[:, turns[b.direction]][:, :, turns[b.direction]])
            for b in SQUARE
        ]
        self.student = [
            torch.tensor(block.student[:, turns[b.direction]][:, :, hidden_turns[b.direction]])
            for b in CROSS
        ]

    def _draw(self, logits):
        states = logits.shape[-1]
        return torch.nn.functional.one_hot(Categorical(logits=logits).sample(), states).double()

    def _bonds(self, couplings, features):
        return [torch.einsum("nd,dst->nst", couplings, f) for f in features]

    def teacher_samples(self, couplings):
        bonds = self._bonds(couplings, self.teacher)
        shape = (len(couplings), self.samples, self.visible)
        x = [self._draw(torch.zeros(shape)) for _ in range(4)]
        for _ in range(self.burn_in):
            z = []
            for site in range(4):
                logits = sum(
                    torch.einsum("nst,nmt->nms", k, x[b.target])
                    for k, b in zip(bonds, SQUARE, strict=True)
                    if b.source == site
                )
                z.append(self._draw(logits))
            for site in range(4):
                logits = sum(
                    torch.einsum("nst,nms->nmt", k, z[b.source])
                    for k, b in zip(bonds, SQUARE, strict=True)
                    if b.target == site
                )
                x[site] = self._draw(logits)
        return x

    def _centre_logits(self, bonds, x):
        return sum(torch.einsum("nst,nms->nmt", k, v) for k, v in zip(bonds, x, strict=True))

    def _statistics(self, bonds, x):
        centre = torch.softmax(self._centre_logits(bonds, x), dim=-1)
        return (
            sum(
                torch.einsum("dst,nms,nmt->nd", f, v, centre)
                for f, v in zip(self.student, x, strict=True)
            )
            / self.samples
        )

    def student_bonds(self, couplings):
        return self._bonds(couplings, self.student)

    def student_samples(self, bonds, x, sweeps):
        for _ in range(sweeps):
            z = self._draw(self._centre_logits(bonds, x))
            x = [self._draw(torch.einsum("nst,nmt->nms", k, z)) for k in bonds]
        return x

    def gradient(self, teacher, student):
        data = self.teacher_samples(teacher)
        bonds = self.student_bonds(student)
        x = self.student_samples(bonds, data, self.sweeps)
        return self._statistics(bonds, x) - self._statistics(bonds, data)
