"""``python -m mlrg`` is the command `mlrg`."""

import sys

from mlrg.cli import main

sys.exit(main())
