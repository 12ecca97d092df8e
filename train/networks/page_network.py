"""The page network: from a page to maps of its digits, four pixels to a cell."""

from __future__ import annotations

import keras
from keras import layers

from pipeline.detection.page_network import N_CHANNELS
from train.networks.architectures import BATCH_MOMENTUM
from train.networks.catalog import PAGE

_WIDTHS = (24, 40, 56, 80, 96)
"""Filters at 2, 4, 8, 16 and 32 px to a cell."""

_DILATIONS = (1, 2, 4, 1)
"""Of the convolutions at 32 px to a cell: a cell sees some 700 px, so that what stands around a digit counts too."""

_START = (-2.0, -4.0, -3.0, -2.0, 0.0, 0.0, 0.0, 0.0)
"""Biases of the maps before training: most cells are bare paper."""


def build_page_network() -> keras.Model:
    """Return the network: convolutions down to 32 px to a cell, then up again to 4, joined with those on the way down.

    It is a U-Net (Ronneberger et al. 2015, arXiv 1505.04597) whose maps mark areas and links as CRAFT's do (Baek et al.
    2019, arXiv 1904.01941) and centers as CenterNet's (Zhou et al. 2019, arXiv 1904.07850). Input (N, H, W, 1), H and W
    multiples of 32, standardized; output float32 (N, H / 4, W / 4, 8), the channels of
    `pipeline.detection.page_network.Channel`, without activation.
    """
    page = layers.Input((None, None, 1), name="page")
    x = _convolve(page, _WIDTHS[0], 5, strides=2)
    passed = []
    for n_filters in _WIDTHS[1:-1]:
        x = _convolve(x, n_filters, strides=2)
        x = _add_convolution(x, n_filters)
        passed.append(x)
    x = _convolve(x, _WIDTHS[-1], strides=2)
    for dilation in _DILATIONS:
        x = _add_convolution(x, _WIDTHS[-1], dilation_rate=dilation)
    for fine, n_filters in zip(reversed(passed), (64, 48, 40), strict=True):
        x = layers.UpSampling2D(2)(_convolve(x, n_filters, 1))
        x = layers.Add()([x, _convolve(fine, n_filters, 1)])
        x = _add_convolution(x, n_filters)
    maps = layers.Conv2D(N_CHANNELS, 1, name="maps")
    x = layers.Activation("linear", dtype="float32", name="single")(maps(x))
    maps.bias.assign(_START)
    return keras.Model(page, x, name=PAGE)


def _add_convolution(x: keras.KerasTensor, n_filters: int, **options: int) -> keras.KerasTensor:
    return layers.Add()([x, _convolve(x, n_filters, **options)])


def _convolve(x: keras.KerasTensor, n_filters: int, size: int = 3, **options: int) -> keras.KerasTensor:
    x = layers.Conv2D(n_filters, size, padding="same", use_bias=False, **options)(x)
    x = layers.BatchNormalization(momentum=BATCH_MOMENTUM)(x)
    return layers.ReLU()(x)
