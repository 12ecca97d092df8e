"""The loss of the page network."""

from __future__ import annotations

import keras
from keras import ops

from pipeline.detection.page_network import N_CHANNELS, Channel

_RARE = {Channel.AREA: 2.0, Channel.LINK: 3.0, Channel.OTHER: 2.0}
"""By how much a cell inside counts more than one outside: most cells of a page are bare paper."""

_SHARES = {Channel.AREA: 1.0, Channel.LINK: 1.0, Channel.OTHER: 0.7, Channel.PRINTED: 1.0}
"""Of each map's term in the loss; the center's and the height's count 1."""

_UP_SHARE = 0.5
"""Of the way up: most pages lie upright, and to say so everywhere must not do."""

_UP = slice(Channel.UP_X, Channel.UP_Y + 1)


def measure_detector_loss(targets: keras.KerasTensor, maps: keras.KerasTensor) -> keras.KerasTensor:
    """Return the loss of a batch, one number.

    Areas, links and other writing have binary cross-entropy and a Dice loss (Milletari et al. 2016, arXiv 1606.04797),
    centers the penalty-reduced focal loss of CenterNet (Zhou et al. 2019, arXiv 1904.07850), heights the absolute and
    ways up the squared difference, since the absolute one hardly moves from the way up of most pages. Printing has
    binary cross-entropy.
    A map's term is divided by the weights that its cells have.

    Parameters
    ----------
    targets : float32 (N, h, w, 16), as `train.fitting.detector_targets.make_targets` makes them
    maps : float32 (N, h, w, 8), the network's
    """
    answers, weights = targets[..., :N_CHANNELS], targets[..., N_CHANNELS:]
    loss = _measure_centers(answers[..., Channel.CENTER], maps[..., Channel.CENTER], weights[..., Channel.CENTER])
    for channel, share in _SHARES.items():
        answer, logit, weight = answers[..., channel], maps[..., channel], weights[..., channel]
        rare = weight * (1 + (_RARE.get(channel, 1.0) - 1) * answer)
        loss += share * _average(ops.softplus(logit) - logit * answer, rare)
        if channel in _RARE:
            loss += share * _measure_dice(answer, ops.sigmoid(logit), weight)
    height = ops.abs(answers[..., Channel.HEIGHT] - maps[..., Channel.HEIGHT])
    up = ops.sum((answers[..., _UP] - maps[..., _UP]) ** 2, axis=-1)
    loss += _average(height, weights[..., Channel.HEIGHT])
    return loss + _UP_SHARE * _average(up, weights[..., Channel.UP_X])


def _average(values: keras.KerasTensor, weights: keras.KerasTensor) -> keras.KerasTensor:
    return ops.sum(values * weights) / ops.maximum(ops.sum(weights), 1.0)


def _measure_dice(
    answer: keras.KerasTensor, probability: keras.KerasTensor, weight: keras.KerasTensor
) -> keras.KerasTensor:
    shared = ops.sum(weight * answer * probability)
    return 1 - (2 * shared + 1) / (ops.sum(weight * (answer + probability)) + 1)


def _measure_centers(
    answer: keras.KerasTensor, logit: keras.KerasTensor, weight: keras.KerasTensor
) -> keras.KerasTensor:
    probability = ops.sigmoid(logit)
    is_center = ops.cast(answer >= 1, "float32")
    found = is_center * (1 - probability) ** 2 * ops.softplus(-logit)
    wrong = (1 - is_center) * (1 - answer) ** 4 * probability**2 * ops.softplus(logit)
    return ops.sum(weight * (found + wrong)) / ops.maximum(ops.sum(weight * is_center), 1.0)


keras.saving.register_keras_serializable("train")(measure_detector_loss)  # so that a checkpoint can name it
