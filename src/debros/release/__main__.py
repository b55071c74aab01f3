"""`python3 -m debros.release`."""

import sys

from debros.release.cli import main

sys.exit(main())
