# Public names and their modules: the one table, from which __init__.py imports them on demand.

from psysal.api import evaluate as evaluate
from psysal.api import perceive as perceive
from psysal.api import saliency as saliency
from psysal.api import scanpath as scanpath
from psysal.crops.crop import crop as crop
from psysal.models.achanta2008 import Achanta2008 as Achanta2008
from psysal.models.achanta2009 import Achanta2009 as Achanta2009
from psysal.models.baselines import Center as Center
from psysal.models.baselines import Noise as Noise
from psysal.models.baselines import Uniform as Uniform
from psysal.models.bruce2009 import Bruce2009 as Bruce2009
from psysal.models.guo2010 import Guo2010 as Guo2010
from psysal.models.harel2006 import Harel2006 as Harel2006
from psysal.models.hou2007 import Hou2007 as Hou2007
from psysal.models.hou2012 import Hou2012 as Hou2012
from psysal.models.itti1998 import Itti1998 as Itti1998
from psysal.models.learned import Learned as Learned
from psysal.models.li2013 import Li2013 as Li2013
from psysal.models.murray2011 import Contributions as Contributions
from psysal.models.murray2011 import Murray2011 as Murray2011
from psysal.models.murray2011 import SaliencyStages as SaliencyStages
from psysal.models.murray2013 import GroupingStages as GroupingStages
from psysal.models.murray2013 import Murray2013 as Murray2013
from psysal.models.onnx import OnnxModel as OnnxModel
from psysal.models.otazu import Otazu2008 as Otazu2008
from psysal.models.otazu import Otazu2010 as Otazu2010
from psysal.models.otazu import PerceptStages as PerceptStages
from psysal.models.precomputed import PrecomputedMaps as PrecomputedMaps
from psysal.models.registry import get_model as get_model
from psysal.models.schauerte2012 import Schauerte2012 as Schauerte2012
from psysal.models.seo2009 import Seo2009 as Seo2009
from psysal.models.torralba2006 import Torralba2006 as Torralba2006
from psysal.models.zhang2008 import Zhang2008 as Zhang2008
from psysal.models.zhang2013 import Zhang2013 as Zhang2013
from psysal.reports.files import report as report
from psysal.viewing import Viewing as Viewing
from psysal.vision.csf import ECSF as ECSF

__version__: str
