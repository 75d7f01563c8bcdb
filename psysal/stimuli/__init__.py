"""Displays of vision science: illusions and search displays, with what people report.

Place in the pipeline: above it; the image of a display goes into a model, its masks say
where to read the answer.  Functions take degrees of visual angle, keyword-only, and give a
:class:`Display`; :data:`DISPLAYS` has them by name, in teaching order.

    display      image, targets and report of a display
    canvas       degrees to pixels, checks, regions, colors
    contrast     lightness induction: equal light beside different neighbors
    grouping     lightness induction against the contrast with the neighbors
    color        color induction at equal luminance
    items        positions, outlines and colors of search displays
    search       one odd item among others

Examples
--------
>>> from psysal import stimuli
>>> display = stimuli.white(ppd=16)
>>> display.image.shape, display.dimension
((96, 128), 'lightness')
>>> sorted(stimuli.DISPLAYS)[:2]
['checker_shadow', 'chevreul']
"""

from collections.abc import Callable

from psysal.stimuli.color import chromatic_simultaneous_contrast, ring_induction
from psysal.stimuli.contrast import (
    chevreul,
    cornsweet,
    grating_induction,
    hermann_grid,
    mach_bands,
    simultaneous_contrast,
)
from psysal.stimuli.display import DIMENSIONS, Display
from psysal.stimuli.grouping import checker_shadow, dungeon, todorovic, white
from psysal.stimuli.search import (
    search_color,
    search_conjunction,
    search_contrast,
    search_density,
    search_orientation,
    search_size,
)

__all__ = [
    "DIMENSIONS",
    "DISPLAYS",
    "Display",
    "checker_shadow",
    "chevreul",
    "chromatic_simultaneous_contrast",
    "cornsweet",
    "dungeon",
    "grating_induction",
    "hermann_grid",
    "mach_bands",
    "ring_induction",
    "search_color",
    "search_conjunction",
    "search_contrast",
    "search_density",
    "search_orientation",
    "search_size",
    "simultaneous_contrast",
    "todorovic",
    "white",
]

DISPLAYS: dict[str, Callable[..., Display]] = {
    function.__name__: function
    for function in (
        simultaneous_contrast,
        chevreul,
        mach_bands,
        cornsweet,
        hermann_grid,
        white,
        grating_induction,
        todorovic,
        dungeon,
        checker_shadow,
        chromatic_simultaneous_contrast,
        ring_induction,
        search_color,
        search_orientation,
        search_size,
        search_contrast,
        search_density,
        search_conjunction,
    )
}
"""Functions that draw the displays, by name, in teaching order."""
