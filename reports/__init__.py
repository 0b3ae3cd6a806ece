"""From counterexamples and verdicts to what people read: terminal, Markdown, JSON."""
