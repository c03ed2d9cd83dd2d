"""Markov chains of corner configurations, each with a random stream of its own.

Streams are xoshiro256++ of Blackman and Vigna; their 256 bits of state are drawn from the generator
that is passed in and travel with the chain. A chain is therefore the same whatever other chains
there are and on however many threads they run, and it can be kept, stored and continued.
"""

from typing import NamedTuple

import numba
import numpy as np

from mlrg.threads import share_out


class Chains(NamedTuple):
    """Markov chains of corner configurations and their random streams.

    Attributes
    ----------
    states : numpy.ndarray
        State numbers of the four corners, shape ``(batch, chain, 4)``; of continuous spins unit
        vectors, ``(batch, chain, 4, component)``.
    streams : numpy.ndarray
        State of each chain's random stream, unsigned 64-bit, shape ``(batch, chain, 4)``.
    """

    states: np.ndarray
    streams: np.ndarray


@numba.njit(cache=True, nogil=True)
def _rotated(word, left):
    return (word << np.uint64(left)) | (word >> np.uint64(64 - left))


@numba.njit(cache=True, nogil=True)
def next_word(stream):
    """One step of xoshiro256++."""
    result = _rotated(stream[0] + stream[3], 23) + stream[0]
    shifted = stream[1] << np.uint64(17)
    stream[2] ^= stream[0]
    stream[3] ^= stream[1]
    stream[1] ^= stream[2]
    stream[0] ^= stream[3]
    stream[2] ^= shifted
    stream[3] = _rotated(stream[3], 45)
    return result


@numba.njit(cache=True, nogil=True)
def uniform(stream):
    """A double in [0, 1) with 53 random bits."""
    return np.float64(next_word(stream) >> np.uint64(11)) * 2.0**-53


def seeded(batch: int, chains: int, rng: np.random.Generator) -> np.ndarray:
    """Return the streams of new chains, ``(batch, chain, 4)``."""
    return rng.integers(2**64, size=(batch, chains, 4), dtype=np.uint64)


def advanced(chains: Chains, threads: int, work) -> Chains:
    """Advance copies of the chains, shared among threads by coupling or, for one, by chain."""
    states, streams = chains.states.copy(), chains.streams.copy()
    if len(states) > 1:
        share_out(lambda part: work(part, states[part], streams[part]), len(states), threads)
    else:
        every = slice(None)
        share_out(
            lambda part: work(every, states[:, part], streams[:, part]), states.shape[1], threads
        )
    return Chains(states, streams)
