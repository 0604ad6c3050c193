"""Import a name beside the unrelated distribution ``glacier``: it must explain itself."""

import importlib
import sys

MEND = "python -m pip uninstall glacier"

try:
    importlib.import_module(sys.argv[1])
except ImportError as error:
    if MEND not in str(error):
        sys.exit(f"import {sys.argv[1]} does not say {MEND!r}: {error}")
    print(f"import {sys.argv[1]}: {type(error).__name__}: {error}")
else:
    sys.exit(f"import {sys.argv[1]} succeeded beside the unrelated distribution 'glacier'")
