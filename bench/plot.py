"""The medians as a drawing: a panel for each scenario, a row for each client; bars of wall time, CPU time and memory, each
as a part of the panel's longest."""

from xml.sax.saxutils import escape

STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 13px }
.dim { fill: #57606a }
.bar { fill: #afb8c1 }
.floor { fill: #6e7781 }
.ours { fill: #0969da }
.rule { stroke: #d0d7de }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .dim { fill: #9198a1 }
  .bar { fill: #3d444d }
  .floor { fill: #768390 }
  .ours { fill: #4493f8 }
  .rule { stroke: #3d444d }
}
"""
COLUMNS = (("wall", "wall s", 1), ("cpu", "CPU s", 1), ("peak", "peak MiB", 1 / (1 << 20)))
NAME_WIDTH, COLUMN_WIDTH, BAR_WIDTH = 150, 220, 150
ROW, GAP = 18, 16
WIDTH = NAME_WIDTH + COLUMN_WIDTH * len(COLUMNS) + 10
HIDDEN = ("receive", "digest", "write")


def draw(about):
    """`about`: what --json writes."""
    body, y = [], 10
    for name, result in about["scenarios"].items():
        medians = {client: each["median"] for client, each in result.get("clients", {}).items() if client not in HIDDEN}
        if medians:
            panel, y = draw_panel(f"{name}: {result['what']}", medians, y)
            body += panel
    machine = about["machine"]
    size = "" if about["scale"] == 1 else f", {about['scale']:g} of the sizes"
    note = f"{machine['cores']} cores, nginx on the same machine; medians of {about['rounds']} rounds{size}"
    body.append(text(10, y + 10, note, "dim"))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 24}" viewBox="0 0 {WIDTH} {y + 24}">'
    return "\n".join([head, f"<style>{STYLE}</style>", *body, "</svg>\n"])


def draw_panel(title, medians, y):
    """Its elements, and where the next one begins."""
    found = [text(10, y + 12, title, "title")]
    y += ROW
    longest = {quantity: max(each[quantity] for each in medians.values()) or 1 for quantity, _, _ in COLUMNS}
    for i, (_, label, _) in enumerate(COLUMNS):
        found.append(text(NAME_WIDTH + i * COLUMN_WIDTH, y + 12, label, "dim"))
    y += ROW
    for client, each in medians.items():
        kind = client.partition("-")[0]
        style = {"webseed": "ours", "floor": "floor"}.get(kind, "bar")
        found.append(text(10, y + 12, client))
        for i, (quantity, _, scale) in enumerate(COLUMNS):
            x, width = NAME_WIDTH + i * COLUMN_WIDTH, max(1, BAR_WIDTH * each[quantity] / longest[quantity])
            found.append(f'<rect class="{style}" x="{x}" y="{y + 3}" width="{width:.1f}" height="11" rx="2"/>')
            found.append(text(x + width + 5, y + 12, shown(each[quantity] * scale), "dim"))
        y += ROW
    found.append(f'<line class="rule" x1="10" x2="{WIDTH - 10}" y1="{y + 6.5}" y2="{y + 6.5}"/>')
    return found, y + GAP


def shown(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def text(x, y, words, style=""):
    style = f' class="{style}"' if style else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{style}>{escape(words)}</text>'
