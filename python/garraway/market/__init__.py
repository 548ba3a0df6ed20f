"""Who trades when nobody does, and who opens and closes: makers, noise traders, schedules. Touches `venues`.

Every decision of the traders follows from the seed and from the events read so far; the clock only says when the next
step is due. The schedule follows the clock.
"""

from garraway.market.market import Floor, Market
from garraway.market.participants import SCHEDULER, SCHEDULER_NUMBER, SOURCE, SOURCE_NUMBER, Participants
from garraway.market.planner import PLANNER, PLANNER_NUMBER, Planner, Told
from garraway.market.run import run_market, run_planner, run_schedule
from garraway.market.schedule import Plan, Scheduler

__all__ = [
    "PLANNER",
    "PLANNER_NUMBER",
    "SCHEDULER",
    "SCHEDULER_NUMBER",
    "SOURCE",
    "SOURCE_NUMBER",
    "Floor",
    "Market",
    "Participants",
    "Plan",
    "Planner",
    "Scheduler",
    "Told",
    "run_market",
    "run_planner",
    "run_schedule",
]
