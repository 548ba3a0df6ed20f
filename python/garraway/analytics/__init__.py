"""P&L, risk and costs of a run, from its frames alone: backtests, live strategies and accounts look the same here.

May touch files, to write the tear sheet; no strategy, no venue.
"""

from garraway.analytics.chance import Chance, chance, fan, outside
from garraway.analytics.drawdowns import Drawdown, drawdown, drawdowns, underwater
from garraway.analytics.errors import AnalyticsError, FrameInvalid, OptionInvalid, PageUnwritable
from garraway.analytics.execution import Execution, costs, execution, exposure, positions, slippages
from garraway.analytics.frames import Run
from garraway.analytics.outcomes import Outcomes, outcomes, outcomes_by
from garraway.analytics.ratios import (
    Moments,
    annual_return,
    cagr,
    calmar,
    deflated_sharpe,
    expected_best,
    geometric_volatility,
    least_track_record,
    moments,
    probabilistic_sharpe,
    sharpe,
    sortino,
    volatility,
)
from garraway.analytics.returns import Returns, daily, days_per_year, monthly, returns, yearly
from garraway.analytics.sheet import page, report
from garraway.analytics.summary import Performance, Summary, deflated, summarise
from garraway.analytics.tails import expected_shortfall, normal_value_at_risk, value_at_risk
from garraway.analytics.trades import open_lots, trades, with_excursions

__all__ = [
    "AnalyticsError",
    "Chance",
    "Drawdown",
    "Execution",
    "FrameInvalid",
    "Moments",
    "OptionInvalid",
    "Outcomes",
    "PageUnwritable",
    "Performance",
    "Returns",
    "Run",
    "Summary",
    "annual_return",
    "cagr",
    "calmar",
    "chance",
    "costs",
    "daily",
    "days_per_year",
    "deflated",
    "deflated_sharpe",
    "drawdown",
    "drawdowns",
    "execution",
    "expected_best",
    "expected_shortfall",
    "exposure",
    "fan",
    "geometric_volatility",
    "least_track_record",
    "moments",
    "monthly",
    "normal_value_at_risk",
    "open_lots",
    "outcomes",
    "outcomes_by",
    "outside",
    "page",
    "positions",
    "probabilistic_sharpe",
    "report",
    "returns",
    "sharpe",
    "slippages",
    "sortino",
    "summarise",
    "trades",
    "underwater",
    "value_at_risk",
    "volatility",
    "with_excursions",
    "yearly",
]
