"""What identifies exactly what somebody was shown, and agreed to."""

import hashlib
import json
from typing import Any


def digest_of(told: Any) -> str:
    """Return what identifies something that JSON can hold."""
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
