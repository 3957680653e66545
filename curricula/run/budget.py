"""A run's budget: the share that is used up, and the progress of the schedules."""

from dohyo.curricula.run.config import TrainConfig
from dohyo.curricula.run.schedules import ScheduleStart


def budget_used(config: TrainConfig, minutes: float, samples: int) -> float:
    """Return the share of the budget that `minutes` and `samples` use up, 0 to 1; the nearer limit counts."""
    return max(_share_of(minutes, config.minutes), _share_of(samples, config.samples))


def schedules_at(config: TrainConfig, minutes: float, samples: int) -> float:
    """Return the progress of the schedules, 0 to 1, after `minutes` and `samples` of training.

    Schedules go linearly from their progress at the last change of the budget to their end at the end of the budget. If
    the budget never changed, their progress is the share of the budget that is used up.
    """
    start = config.schedule_start
    if samples <= start.samples:  # nothing was learned since, as with a budget that was too small
        return start.share
    by_time = _share_of(minutes - start.minutes, None if config.minutes is None else config.minutes - start.minutes)
    by_samples = _share_of(samples - start.samples, None if config.samples is None else config.samples - start.samples)
    return start.share + (1 - start.share) * max(by_time, by_samples)


def start_schedules(
    before: TrainConfig, after: TrainConfig, minutes: float, samples: int, *, restart: bool
) -> ScheduleStart:
    """Return the start of the schedules when a run resumes with settings `after`, after `minutes` and `samples`.

    If the budget has changed, they start from their progress; with `restart` they follow the share of the whole budget.
    """
    if restart:
        return ScheduleStart()
    if (before.minutes, before.samples) == (after.minutes, after.samples):
        return before.schedule_start
    return ScheduleStart(minutes, samples, schedules_at(before, minutes, samples))


def _share_of(used: float, budget: float | None) -> float:
    """Return the share of a budget that is used up, 0 to 1; 0 without a budget."""
    if budget is None:
        return 0.0
    return min(1.0, used / budget) if budget > 0 else 1.0
