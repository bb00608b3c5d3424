import numpy as np

from stancewire.curves import cost_curve
from stancewire.cuts import Costs, Curve
from stancewire.figures import image_bytes


def test_quality_is_drawn_against_cost_with_the_chosen_cuts() -> None:
    curve = Curve(np.array([0, 0.5, 1]), np.array([1, 0.25, 0]), {"triple_micro_f1": np.array([0.7, 0.6, 0.5])})
    figure = cost_curve(curve, Costs(1, 10), {"small": 0.51, "large": 0.7}, {"loss 10": 1})
    (axes,) = figure.axes
    line, small, large, chosen = ([list(map(float, xs)) for xs in part.get_data()] for part in axes.lines)
    assert line == [[11, 3.5, 1], [70, 60, 50]]
    assert (small, large, chosen) == ([[1], [51]], [[10], [70]], [[3.5], [60]])
    assert [text.get_text() for text in axes.texts] == ["small", "large"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["every cut", "loss 10: 75 % by the fast"]
    assert image_bytes(figure, "png").startswith(b"\x89PNG")
