"""The same quantities, dense, slow and obvious, in torch: the oracle that the kernels are held to.

Every configuration of the corners is listed, the hidden spins are summed one bond at a time as
`mlrg.geometry` lists them, and gradients come from autograd. Nothing is reduced by symmetry.
"""

import torch

from mlrg.geometry import CORNERS, CROSS, SQUARE, Bond
from mlrg.rbm.block import Block


def _tensors(block: Block, side: str, device) -> tuple[torch.Tensor, ...]:
    features = block.teacher if side == "teacher" else block.student
    source = block.visible_turns
    target = block.visible_turns if side == "teacher" else block.hidden_turns
    return tuple(torch.as_tensor(array, device=device) for array in (features, source, target))


def _bond_energy(couplings, features, source, target, bond: Bond) -> torch.Tensor:
    """−ε on a bond, shape (batch, source state, target state)."""
    k = bond.direction
    turned = features[:, source[k], :][:, :, target[k]]
    return torch.einsum("nd,dst->nst", couplings, turned)


def _place(values: torch.Tensor, corner: int) -> torch.Tensor:
    """Reshape (batch, x, hidden) so that x lies on the axis of its corner."""
    shape = [values.shape[0], *[1] * CORNERS, values.shape[2]]
    shape[1 + corner] = values.shape[1]
    return values.reshape(shape)


def teacher_log_weights(block: Block, couplings: torch.Tensor) -> torch.Tensor:
    """Return log w_tch for every corner configuration, shape ``(batch, N, N, N, N)``."""
    parts = _tensors(block, "teacher", couplings.device)
    total = 0.0
    for hidden in range(CORNERS):
        energy = 0.0
        for bond in SQUARE:
            if bond.source == hidden:
                values = _bond_energy(couplings, *parts, bond).transpose(1, 2)
                energy = energy + _place(values, bond.target)
        total = total + torch.logsumexp(energy, dim=-1)
    return total


def student_log_weights(block: Block, couplings: torch.Tensor) -> torch.Tensor:
    """Return log w_std for every corner configuration, shape ``(batch, N, N, N, N)``."""
    parts = _tensors(block, "student", couplings.device)
    energy = 0.0
    for bond in CROSS:
        energy = energy + _place(_bond_energy(couplings, *parts, bond), bond.source)
    return torch.logsumexp(energy, dim=-1)


def kl_divergence(block: Block, teacher: torch.Tensor, student: torch.Tensor) -> torch.Tensor:
    """Return D_KL(p_tch ‖ p_std) in nats, shape ``(batch,)``, differentiable in both arguments."""
    log_p = torch.log_softmax(teacher_log_weights(block, teacher).flatten(1), dim=1)
    log_q = torch.log_softmax(student_log_weights(block, student).flatten(1), dim=1)
    return (log_p.exp() * (log_p - log_q)).sum(dim=1)
