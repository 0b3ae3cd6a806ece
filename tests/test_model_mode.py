"""`--saga-model` as a user runs it: no target, one item for each claim, a table at the end."""

from __future__ import annotations

from pathlib import Path

from tests.command_line import verify


def test_the_model_is_checked_without_a_target(tmp_path: Path) -> None:
    """A target that does not exist is no obstacle; claims are chosen like any test."""
    chosen = ["--saga-model", "--saga-target=no.such:target", "-k", "flaw or decided"]
    outcome = verify(tmp_path, *chosen)
    assert outcome.code == 0, outcome.text
    assert "2 passed" in outcome.text
    assert "order saga: the model" in outcome.text
    assert "holds: 40 come about and 18 cannot, each with its reason" in outcome.joined
    assert "saga target" not in outcome.text
    assert "never fired" not in outcome.text  # nothing was explored, so nothing was missed
