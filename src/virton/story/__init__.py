"""What happened, as an operator tells it: happenings, told by the stack or observed from outside."""
