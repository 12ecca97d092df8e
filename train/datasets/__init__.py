"""Digits to learn from: MNIST, folders of pictures, other public sets, harvested crops and lines."""
