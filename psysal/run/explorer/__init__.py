"""A local page on which a model is seen at work (``pip install "psysal[explore]"``).

Place: after everything; a picture and the controls of a model become pictures, scores and
Python, in the browser.

    pictures     what was dropped on the page, or is there: checked pixels
    view         a model at work on them: planes, scores, Python; no browser needed
    page         the page of one visitor, and the server

Every visitor has a :class:`psysal.run.explorer.page.Session`.  Work is done on threads that
all share, so that none waits for a slow picture of another; of the changes that arrive
meanwhile, the newest is what is shown next.
"""
