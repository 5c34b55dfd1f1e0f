"""What can be chosen both on the command line and in `virton.toml`."""

from typing import Literal

Language = Literal["ko", "en"]
PveVersion = Literal["9.1", "9.2"]
LogFormat = Literal["text", "json"]
