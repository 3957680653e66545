"""A run's budget: what share of it is used up, and how far along the schedules are."""

from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.schedules import ScheduleStart


def budget_used(config: TrainConfig, minutes: float, samples: int) -> float:
    """Return the share of the budget that `minutes` and `samples` use up, 0 to 1, by whichever limit is nearer."""
    return max(_share_of(minutes, config.minutes), _share_of(samples, config.samples))


def schedules_at(config: TrainConfig, minutes: float, samples: int) -> float:
    """Return how far along the schedules are, 0 to 1, after `minutes` and `samples` of training.

    They go linearly from where they stood when the budget was last changed to their end at the end of the budget. In a
    run whose budget has not changed that is the share of the budget.
    """
    start = config.schedule_start
    if samples <= start.samples:  # nothing was learned since: a budget that was too small has changed nothing
        return start.share
    by_time = _share_of(minutes - start.minutes, None if config.minutes is None else config.minutes - start.minutes)
    by_samples = _share_of(samples - start.samples, None if config.samples is None else config.samples - start.samples)
    return start.share + (1 - start.share) * max(by_time, by_samples)


def start_schedules(
    before: TrainConfig, after: TrainConfig, minutes: float, samples: int, *, restart: bool
) -> ScheduleStart:
    """Return where the schedules start when a run goes on with settings `after`, after `minutes` and `samples`.

    Where the budget has changed that is where they stand; with `restart` they follow the share of the whole budget.
    """
    if restart:
        return ScheduleStart()
    if (before.minutes, before.samples) == (after.minutes, after.samples):
        return before.schedule_start
    return ScheduleStart(minutes, samples, schedules_at(before, minutes, samples))


def _share_of(used: float, budget: float | None) -> float:
    """Return how much of a budget is used up, 0 to 1; 0 where there is none to keep to."""
    if budget is None:
        return 0.0
    return min(1.0, used / budget) if budget > 0 else 1.0
