"""Everything that is tested, and how. openpyxl takes lxml where it finds it: owslib brings it here, the product has none, and its own way is tested."""

import os

os.environ["OPENPYXL_LXML"] = "False"
