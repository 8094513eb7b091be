"""The product's name and version, for code that runs without Django; settings take them from here."""

import os

NAME = os.environ.get("PRODUCT_NAME") or "Parley"
VERSION = "0.1.0"
