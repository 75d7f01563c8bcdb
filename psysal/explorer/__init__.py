"""A local page on which a model is seen at work (``pip install "psysal[explore]"``).

Place: after everything; a picture and the controls of a model become pictures, scores and
Python, in the browser.

    pictures     what was dropped on the page, or is there: checked pixels
    view         a model at work on them, as planes; no browser needed
    people       fixations, and what the map scores against them
    saved        what can be taken along: map, figure, Python
    page         the page of one visitor
    server       a page for everyone who comes

Every visitor has a :class:`psysal.explorer.session.Session`.  Work is done on threads that
all share, so that none waits for a slow picture of another; of the changes that arrive
meanwhile, the newest is what is shown next.
"""
