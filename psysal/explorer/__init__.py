"""A local page that shows a model at work (``pip install "psysal[explore]"``).

Place in the pipeline: above everything.  A picture and the parameters of a model become
pictures, scores and Python code in the browser.

    pictures     example or upload -> checked pixels
    view         pixels and settings of a model -> planes and scanpath to show; needs no browser
    curves       contrast sensitivity over levels, and the levels of a picture on it
    scores       fixations, and the scores of a map against them
    render       request of a visitor -> view and scores
    export       map, figure, Python code and command line
    address      view of a page in its address
    texts        models and wavelets to choose from, terms, lessons
    replies      description of a view for the page
    figures      figures of Bokeh, and planes as they are sent
    messages     JSON of the page in, JSON and arrays out
    session      one visitor
    access       hosts, origins and the token that are let in
    server       the page, and a session for every visitor

Every visitor has a :class:`psysal.explorer.session.Session`.  Worker threads that all visitors
share do the computations, so that nobody waits for a large picture of somebody else; of the
changes that arrive during a computation, the newest is shown next.
"""
