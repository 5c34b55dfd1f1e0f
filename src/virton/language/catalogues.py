"""Where the catalogues of texts stand."""

from pathlib import Path

CATALOGUES = Path(__file__).parent / "catalogue"
LOCALES = ("ko", "en")
