"""Saliency of videos and cameras, frame by frame: as arrays, or written as a video.

Place: frames -> model -> frames.  Frames are (rows, cols, 3) RGB, uint8, with square pixels and
upright; a map is (rows, cols), float32 in [0, 1].  Files are decoded and written by PyAV, the
libraries of FFmpeg; cameras are read by OpenCV.  Reading, mapping, drawing and writing run at the
same time on threads, a few frames ahead of one another, in order; values do not depend on the
number of threads.

Scale: every map is normalized to its own range, as by ``psysal.saliency``.  Smoothing averages
these maps without normalizing them again, so that no single frame sets the scale.

Time: the time of a frame is its own timestamp in a file, the clock's for a camera, counted from the
first frame.  A written video keeps these times, whatever they are; frames that could not be read
are left out, and the frame before is shown until the next.
"""

from psysal.video.encoding import CODECS
from psysal.video.mapping import maps
from psysal.video.source import VideoSource
from psysal.video.writing import VideoResult, write_video

__all__ = ["CODECS", "VideoResult", "VideoSource", "maps", "write_video"]
