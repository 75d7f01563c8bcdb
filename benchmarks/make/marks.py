"""Tables in documents, between two marks ``<!-- name -->``."""


def renew(path, tables):
    """Put tables, lists of lines by name, between their marks."""
    text = path.read_text()
    for name, lines in tables.items():
        mark = f"<!-- {name} -->"
        before, _, after = text.split(mark)
        text = before + mark + "\n\n" + "\n".join(lines) + "\n\n" + mark + after
    path.write_text(text)
