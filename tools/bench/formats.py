"""How figures are written for people."""


def short(value):
    """A number as people read it; empty for none."""
    if value is None:
        return ""
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"
