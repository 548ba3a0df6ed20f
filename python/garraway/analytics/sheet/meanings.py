"""What the numbers of the page mean, in a sentence each."""

from typing import Final

MEANINGS: Final = (
    (
        "Return",
        (
            "P&L over the equity before it. Days are those of UTC; a Sunday's belongs to Monday where no "
            "Saturday trades."
        ),
    ),
    (
        "A year",
        ("252 days where no Saturday trades, else 365. Nothing is told of a year where the run has less than 30 days."),
    ),
    (
        "Volatility",
        ("Deviation (n \u2212 1) of the returns, times the root of how many make a year."),
    ),
    (
        "Sharpe ratio",
        ("Mean return less the risk-free one, over the deviation, times the root of how many make a year."),
    ),
    (
        "Sortino ratio",
        ("The same over the root of the mean square of the returns below the target."),
    ),
    (
        "Calmar ratio",
        ("Return a year over the greatest drawdown."),
    ),
    (
        "Sure that Sharpe > 0",
        ("Probabilistic Sharpe ratio (Bailey, Lopez de Prado 2012): allows for length, skew and kurtosis."),
    ),
    (
        "Best of many runs",
        ("Deflated Sharpe ratio (the same, 2014): against what the best of so many runs without skill would show."),
    ),
    (
        "Value at risk",
        ("The loss that 5 % or 1 % of the periods exceeded, as they were. Expected shortfall: the mean of those."),
    ),
    (
        "Drawdown",
        ("How far equity stands below its highest so far; it lasts from that peak until equity is there again."),
    ),
    (
        "Ulcer index",
        ("Root of the mean square of all samples' drawdowns."),
    ),
    (
        "Profit factor",
        ("Sum of the wins over the sum of the losses; of trades that are closed, after fees."),
    ),
    (
        "Worst and best of a trade",
        (
            "How far against and for the position the price went before the exit, in money, before fees; "
            "without prices, how far equity went, where no other trade was open."
        ),
    ),
    (
        "Slippage",
        (
            "Paid above, or got below, the mid when the order was decided (decision) or the price when it was "
            "placed (arrival); above 0 is worse for us."
        ),
    ),
    (
        "Turnover",
        ("Value of all fills over mean equity, a year."),
    ),
    (
        "Drawn histories",
        ("The same trades drawn with putting back, as many as there were; they take trades as independent."),
    ),
)
