"""The head of a session: what is in force, and where each setting came from."""

from __future__ import annotations

from properties.settings.in_force import Settings


def in_force(settings: Settings, seed: int) -> list[str]:
    """Lines about the target, the delivery contract, the faults and the amount of work."""
    origins = settings.origins
    delivery = str(settings.delivery or "what the target relies on")
    if settings.every_delivery:
        delivery = f"all, and judged by {delivery}"
    faults = ", ".join(sorted(settings.faults)) or "none"
    return [
        f"saga target: {settings.target} ({origins.get('target', 'default')})",
        f"saga delivery: {delivery} ({origins.get('delivery', 'default')}), "
        f"profile: {settings.profile} ({origins.get('profile', 'default')}), seed: {seed}",
        f"saga faults: {faults}",
        *(_schedules(settings.schedules, origins.get("schedules", "default"))),
        *([f"saga shard: {settings.shard}"] if settings.shard else []),
    ]


def _schedules(most: int | None, origin: str) -> list[str]:
    if most is None:
        return []
    return [f"saga schedules: {f'at most {most:,} in each part' if most else 'all'} ({origin})"]
