"""Charts as SVG, drawn by pygal and coloured by `charts.css`, so that they follow light and dark.

Each function gives an `<svg>` element for a page that has the stylesheet; `standalone` makes a document of its own of
it. Geometry is floating point, as drawings are; every figure that is written comes from whole cents.
"""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from python_assets.money import money
from python_assets.periods import MONTHS

WIDTH, HEIGHT = 460, 250
# The sizes that pygal lays out by; charts.css says the same.
LABEL_SIZE, LEGEND_SIZE, VALUE_SIZE = 12, 12, 12
LONGEST_LABEL = 18
_SVG = "http://www.w3.org/2000/svg"


def month_chart(months: Sequence[dict[str, Any]], currency: str) -> str:
    """Revenue, cost and margin (`…_cents`) of each month (`period`, YYYY-MM)."""
    chart = _Chart("months", f"Revenue, cost and margin by month, {currency}", _month_labels(months))
    for name in ("revenue", "cost", "margin"):
        chart.add(name, [m[f"{name}_cents"] for m in months])
    return chart.draw("Bar", legend=True)


def severity_chart(months: Sequence[dict[str, Any]]) -> str:
    """Findings of each month (`period`), stacked by severity (`critical_count`, `warning_count`, `info_count`)."""
    chart = _Chart("severities", "Findings by month and severity", _month_labels(months), _count, _count)
    for name in ("critical", "warning", "info"):
        chart.add(name, [m[f"{name}_count"] for m in months])
    return chart.draw("StackedBar", legend=True)


def tenant_chart(tenants: Sequence[dict[str, Any]], currency: str) -> str:
    """margin_cents of each tenant (`label`), from top to bottom as given."""
    chart = _Chart("tenants", f"Margin by tenant, {currency}", [t["label"] for t in tenants])
    chart.add("margin", [t["margin_cents"] for t in tenants])
    return chart.draw("HorizontalBar", height=60 + 24 * len(tenants), print_values=True)


def kind_chart(kinds: Sequence[dict[str, Any]], currency: str) -> str:
    """Revenue and cost (`…_cents`) of each resource kind (`label`), from top to bottom as given."""
    chart = _Chart("kinds", f"Revenue and cost by kind, {currency}", [k["label"] for k in kinds])
    for name in ("revenue", "cost"):
        chart.add(name, [k[f"{name}_cents"] or None for k in kinds])
    return chart.draw("HorizontalBar", legend=True, height=80 + 40 * len(kinds), print_values=True)


def rule_chart(rules: Sequence[dict[str, Any]]) -> str:
    """Number of findings (`finding_count`) of each rule, coloured by `severity`."""
    chart = _Chart("rules", "Findings by rule", [r["rule"].replace("_", " ") for r in rules], _count, _count)
    for name in ("critical", "warning", "info"):
        chart.add(name, [r["finding_count"] if r["severity"] == name else None for r in rules])
    return chart.draw("HorizontalStackedBar", legend=True, height=80 + 24 * len(rules))


def standalone(svg: str) -> str:
    """A chart as an SVG document with its own colours, for places that show a picture alone."""
    style = _stylesheet("charts.css")
    return svg.replace("<svg ", f'<svg xmlns="{_SVG}" width="{WIDTH}" ', 1).replace(
        "<title", f"<style>{style}</style><title", 1
    )


class _Chart:
    """Labels and series of one chart, and how pygal draws them."""

    def __init__(
        self,
        name: str,
        title: str,
        labels: Sequence[str | None],
        value_text: Callable[[int], str] = money,
        axis_text: Callable[[float], str] | None = None,
    ):
        self.name, self.title = name, title
        self.labels = [label or "no tenant" for label in labels]
        self.value_text, self.axis_text = value_text, axis_text or _short_money
        self.series: list[tuple[str, Sequence[int | None]]] = []

    def add(self, name: str, values: Sequence[int | None]) -> None:
        self.series.append((name, values))

    def draw(self, kind: str, height: int = HEIGHT, legend: bool = False, print_values: bool = False) -> str:
        import pygal

        # With lxml installed pygal would write other bytes.
        pygal.etree.etree.to_etree()
        horizontal = kind.startswith("Horizontal")
        # Horizontal charts are drawn from the bottom up.
        order = -1 if horizontal else 1
        chart = getattr(pygal, kind)(
            width=WIDTH,
            height=height,
            style=_style(),
            css=(),
            js=(),
            no_prefix=True,
            classes=("chart", self.name),
            margin=4,
            spacing=8,
            show_legend=legend,
            legend_at_bottom=True,
            legend_at_bottom_columns=len(self.series),
            legend_box_size=10,
            value_formatter=self.axis_text,
            formatter=lambda value: self.value_text(round(value)),
            print_values=print_values,
            print_values_position="top",
            truncate_label=-1,
            max_scale=5,
            min_scale=3,
            range=self._range(print_values, kind),
        )
        chart.x_labels = [_shortened(label) for label in self.labels][::order]
        for name, values in self.series:
            chart.add(name, list(values)[::order])
        root = chart.render_tree()
        self._finish(root, horizontal)
        return ElementTree.tostring(root, "unicode").replace(f' xmlns="{_SVG}"', "")

    def _range(self, print_values: bool, kind: str) -> tuple[float, float] | None:
        """Room beyond the longest bars for the values printed there."""
        values = [value for _, series in self.series for value in series if value]
        if not print_values or not values:
            return None
        low, high = min(0, *values), max(0, *values)
        longest = max(len(self.value_text(value)) for value in values)
        room = (high - low) * longest * _PART_OF_A_LETTER
        return (low - room if low else 0, high + room if high else 0)

    def _finish(self, root: ElementTree.Element, horizontal: bool) -> None:
        """Leaves out pygal's script, style, tooltips and date, and says in words what the picture shows."""
        for parent in list(root.iter()):
            for child in list(parent):
                if child.tag in ("defs", "title", "desc") or callable(child.tag) or child.get("class") in _TOOLTIPS:
                    parent.remove(child)
        for text in root.iter("text"):
            if horizontal and text.get("class") == "value":
                text.set("text-anchor", "end" if (text.text or "").startswith("-") else "start")
        for node in root.iter():
            node.attrib.pop("id", None)
        name = f"chart-{self.name}"
        root.attrib.update({"role": "img", "aria-labelledby": f"{name}-title {name}-desc"})
        for place, (tag, text) in enumerate((("title", self.title), ("desc", self._in_words()))):
            node = ElementTree.Element(tag, {"id": f"{name}-{tag}"})
            node.text = text
            root.insert(place, node)

    def _in_words(self) -> str:
        return " ".join(
            f"{label}: "
            + ", ".join(
                f"{name} {self.value_text(values[place])}" for name, values in self.series if values[place] is not None
            )
            + "."
            for place, label in enumerate(self.labels)
        )


# How much of the plot's width a printed digit takes.
_PART_OF_A_LETTER = 0.03
_TOOLTIPS = ("plot tooltip-overlay",)


@cache
def _style() -> Any:
    from pygal.style import Style

    return Style(
        label_font_size=LABEL_SIZE,
        major_label_font_size=LABEL_SIZE,
        legend_font_size=LEGEND_SIZE,
        value_font_size=VALUE_SIZE,
    )


@cache
def _stylesheet(name: str) -> str:
    return (Path(__file__).parent / "templates" / name).read_text("utf-8")


def _month_labels(months: Sequence[dict[str, Any]]) -> list[str]:
    """`Jan 26` for the first month and each January, else `Feb`: twelve stand side by side."""
    labels = []
    for place, month in enumerate(months):
        year, number = month["period"].split("-")
        labels.append(MONTHS[int(number) - 1][:3] + (f" {year[2:]}" if place == 0 or number == "01" else ""))
    return labels


def _shortened(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"


def _count(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else ""


def _short_money(cents: float) -> str:
    """An axis label: whole units, from thousands to trillions by letter."""
    amount = cents / 100
    for divisor, letter in ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(amount) >= divisor:
            return f"{amount / divisor:,.4g}{letter}"
    return f"{amount:,.4g}"
