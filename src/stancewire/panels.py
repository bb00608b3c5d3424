"""What every picture begins with: a figure with axes side by side, and the bars of a 95 % interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def panels(n: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """A figure of so many inches, and its axes, `n` in one row.

    It belongs to no window and to no backend, so that pictures can be drawn in any thread.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, [figure.add_subplot(1, n, i + 1) for i in range(n)]


def error_bars(value: float, low: float, high: float) -> list[list[float]]:
    """Lengths of the bars below and above a value, as matplotlib takes them; 0 where the interval leaves it out."""
    return [[max(value - low, 0)], [max(high - value, 0)]]
