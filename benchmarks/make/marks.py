"""Tables in documents, each between two marks ``<!-- name -->``.

Scripts of benchmarks/measure import it too, by adding this folder to ``sys.path``.
"""


def replace_tables(path, tables):
    """Write tables, lists of lines by name, between their marks in a document."""
    text = path.read_text()
    for name, lines in tables.items():
        mark = f"<!-- {name} -->"
        if text.count(mark) != 2:
            raise ValueError(f"{path}: two marks {mark} were expected, found {text.count(mark)}")
        before, _, after = text.split(mark)
        text = before + mark + "\n\n" + "\n".join(lines) + "\n\n" + mark + after
    path.write_text(text)
