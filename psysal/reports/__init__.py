"""Report of an evaluation: one HTML page, figures, and tables as files.

Place in the pipeline: scores, table -> [reports] -> files.

    tables      grids that every format shows; Markdown
    latex       table in LaTeX
    bibtex      references of models, metrics and data sets
    figures     charts as SVG
    pictures    photographs with maps and fixations
    templates   templates of the pages
    html        the page
    files       all of them by name, in a folder
    photographs page about photographs: maps, scanpaths, crops and numbers
"""
