//! All kinds of indicator, by name.

use crate::averages::{
    Envelope, Exponential, Hull, Kaufman, Legoux, Of, Simple, Weighted, double, tillson, triple,
};
use crate::channels::{Bollinger, Deviation, Donchian, Keltner, Spread};
use crate::kind::{Input, Kind, Parameter, Rule, number, rows};
use crate::momentum::{
    BalanceOfPower, Change, ChangeBand, CommodityChannel, Convergence, ElderRay, RelativeStrength,
    Stochastic, StochasticStrength, TrueStrength, Ulcer, Williams,
};
use crate::pairs::{Beta, Correlation, Residual};
use crate::quotes::{Imbalance, Microprice, OrderFlow};
use crate::range::{AverageRange, Choppiness, Ranges, TrueRange};
use crate::trend::{Aroon, Directional, HeikinAshi, Parabolic, Supertrend};
use crate::volume::{
    Accumulation, ChaikinFlow, ChaikinOscillator, Force, MoneyFlow, OnBalance, VolumeWeighted, WeightedCloses,
};

const PERIOD_10: &[Parameter] = &[rows("period", 10.0, 1.0)];
const PERIOD_14: &[Parameter] = &[rows("period", 14.0, 1.0)];
const PERIOD_20: &[Parameter] = &[rows("period", 20.0, 1.0)];
const VALUE: &[&str] = &["value"];
const BAND: &[&str] = &["middle", "upper", "lower"];

/// A parameter that `check` found to be a whole number.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be whole and within 0 and a million"
)]
const fn whole(value: f64) -> usize {
    value as usize
}

fn of<A: crate::averages::Average + 'static>(average: A) -> Box<dyn Rule> {
    Box::new(Of(average))
}

/// Every kind, in the order of the reference.
pub const KINDS: &[Kind] = &[
    Kind {
        name: "sma",
        what: "Simple average: the mean of the last `period`.",
        input: Input::Series,
        parameters: PERIOD_10,
        outputs: VALUE,
        make: |given| of(Simple::new(whole(given[0]))),
    },
    Kind {
        name: "ema",
        what: "Exponential average: goes 2 / (period + 1) of the way to each number. It starts from the mean of the first `start` (0: of \
               the first `period`) and is told from the `period`th on.",
        input: Input::Series,
        parameters: &[rows("period", 10.0, 1.0), rows("start", 0.0, 0.0)],
        outputs: VALUE,
        make: |given| {
            let start = if given[1] == 0.0 { given[0] } else { given[1] };
            of(Exponential::starting(whole(given[0]), whole(start)))
        },
    },
    Kind {
        name: "wma",
        what: "Weighted average: the last number counts `period` times, the one before one time less, and so on.",
        input: Input::Series,
        parameters: PERIOD_10,
        outputs: VALUE,
        make: |given| of(Weighted::new(whole(given[0]))),
    },
    Kind {
        name: "smma",
        what: "Smoothed average, Wilder's: goes 1 / period of the way to each number, from the mean of the first `period`.",
        input: Input::Series,
        parameters: PERIOD_14,
        outputs: VALUE,
        make: |given| of(Exponential::wilder(whole(given[0]))),
    },
    Kind {
        name: "dema",
        what: "Double exponential average: 2 a - aa, where aa is the average of the average; both start from the mean of the first `period`.",
        input: Input::Series,
        parameters: PERIOD_14,
        outputs: VALUE,
        make: |given| of(double(whole(given[0]))),
    },
    Kind {
        name: "tema",
        what: "Triple exponential average: 3 a - 3 aa + aaa; all start from the mean of the first `period`.",
        input: Input::Series,
        parameters: PERIOD_14,
        outputs: VALUE,
        make: |given| of(triple(whole(given[0]))),
    },
    Kind {
        name: "t3",
        what: "Tillson's T3: six averages of averages, all from the first number, put together by the volume factor.",
        input: Input::Series,
        parameters: &[rows("period", 5.0, 1.0), number("volume_factor", 0.7, 0.0, 10.0)],
        outputs: VALUE,
        make: |given| of(tillson(whole(given[0]), given[1])),
    },
    Kind {
        name: "kama",
        what: "Kaufman's adaptive average: the straighter the way of the last `period`, the nearer to the fast average.",
        input: Input::Series,
        parameters: &[rows("period", 10.0, 1.0), rows("fast", 2.0, 1.0), rows("slow", 30.0, 2.0)],
        outputs: &["value", "efficiency"],
        make: |given| Box::new(Kaufman::new(whole(given[0]), given[1], given[2])),
    },
    Kind {
        name: "alma",
        what: "Arnaud Legoux's average: weights of a bell, whose middle lies at `offset` of the window and whose width is period / sigma.",
        input: Input::Series,
        parameters: &[
            rows("period", 9.0, 2.0),
            number("offset", 0.85, 0.0, 1.0),
            number("sigma", 6.0, 0.01, 1000.0),
        ],
        outputs: VALUE,
        make: |given| of(Legoux::new(whole(given[0]), given[1], given[2])),
    },
    Kind {
        name: "hma",
        what: "Hull's average: the weighted average, over the root of the period, of twice the half period's less the whole's.",
        input: Input::Series,
        parameters: &[rows("period", 20.0, 2.0)],
        outputs: VALUE,
        make: |given| of(Hull::new(whole(given[0]))),
    },
    Kind {
        name: "envelope",
        what: "Simple average with bounds so many per cent above and below it.",
        input: Input::Series,
        parameters: &[rows("period", 20.0, 1.0), number("percent", 2.5, 0.0, 100.0)],
        outputs: BAND,
        make: |given| Box::new(Envelope::new(whole(given[0]), given[1])),
    },
    Kind {
        name: "bollinger",
        what: "Bollinger's bands: the mean of the last `period` and `times` their deviation (of the window, not of a sample) around it.",
        input: Input::Series,
        parameters: &[rows("period", 20.0, 2.0), number("times", 2.0, 0.0, 1000.0)],
        outputs: &["middle", "upper", "lower", "place", "width"],
        make: |given| Box::new(Bollinger::new(whole(given[0]), given[1])),
    },
    Kind {
        name: "zscore",
        what: "How many deviations a number is from the mean of the last `period`, itself included; 0 where there is no deviation.",
        input: Input::Series,
        parameters: &[rows("period", 20.0, 2.0)],
        outputs: &["value", "deviation", "mean"],
        make: |given| Box::new(Deviation(Spread::new(whole(given[0])))),
    },
    Kind {
        name: "rsi",
        what: "Relative strength, Wilder's: average gain of all movement, 0 to 100; 100 without any loss.",
        input: Input::Series,
        parameters: PERIOD_14,
        outputs: VALUE,
        make: |given| of(RelativeStrength::new(whole(given[0]))),
    },
    Kind {
        name: "stoch_rsi",
        what: "Where the relative strength stands between its lowest and highest of the last `window`, 0 to 100, smoothed, and its average.",
        input: Input::Series,
        parameters: &[
            rows("period", 14.0, 1.0),
            rows("window", 14.0, 1.0),
            rows("signal", 3.0, 1.0),
            rows("smooth", 1.0, 1.0),
        ],
        outputs: &["value", "signal"],
        make: |given| {
            Box::new(StochasticStrength::new(
                whole(given[0]),
                whole(given[1]),
                whole(given[2]),
                whole(given[3]),
            ))
        },
    },
    Kind {
        name: "macd",
        what: "Fast exponential average less the slow one, its own average, and what is between them.",
        input: Input::Series,
        parameters: &[rows("fast", 12.0, 1.0), rows("slow", 26.0, 2.0), rows("signal", 9.0, 1.0)],
        outputs: &["value", "signal", "histogram"],
        make: |given| Box::new(Convergence::new(whole(given[0]), whole(given[1]), whole(given[2]))),
    },
    Kind {
        name: "tsi",
        what: "Blau's true strength: changes of all movement, each smoothed twice, -100 to 100, and its average.",
        input: Input::Series,
        parameters: &[rows("period", 25.0, 1.0), rows("smooth", 13.0, 1.0), rows("signal", 7.0, 1.0)],
        outputs: &["value", "signal"],
        make: |given| Box::new(TrueStrength::new(whole(given[0]), whole(given[1]), whole(given[2]))),
    },
    Kind {
        name: "roc",
        what: "Change against the number `period` before, in per cent and as it is.",
        input: Input::Series,
        parameters: PERIOD_14,
        outputs: &["value", "momentum"],
        make: |given| Box::new(Change::new(whole(given[0]))),
    },
    Kind {
        name: "roc_band",
        what: "Change in per cent, its exponential average, and the root of its mean square of the last `window`, up and down.",
        input: Input::Series,
        parameters: &[rows("period", 20.0, 1.0), rows("average", 5.0, 1.0), rows("window", 5.0, 1.0)],
        outputs: &["value", "average", "upper", "lower"],
        make: |given| Box::new(ChangeBand::new(whole(given[0]), whole(given[1]), whole(given[2]))),
    },
    Kind {
        name: "ulcer",
        what: "Root of the mean square of falls from the highest so far within the last `period`, in per cent.",
        input: Input::Series,
        parameters: PERIOD_14,
        outputs: VALUE,
        make: |given| Box::new(Ulcer::new(whole(given[0]))),
    },
    Kind {
        name: "stochastic",
        what: "Lane's stochastic: where the close stands in the range of the last `period` bars, 0 to 100, smoothed (k), its average (d), 3 k - 2 d (j).",
        input: Input::Bars,
        parameters: &[rows("period", 14.0, 1.0), rows("signal", 3.0, 1.0), rows("smooth", 3.0, 1.0)],
        outputs: &["k", "d", "j"],
        make: |given| Box::new(Stochastic::new(whole(given[0]), whole(given[1]), whole(given[2]))),
    },
    Kind {
        name: "williams_r",
        what: "Williams' %R: where the close stands in the range of the last `period` bars, seen from above, -100 to 0.",
        input: Input::Bars,
        parameters: PERIOD_14,
        outputs: VALUE,
        make: |given| Box::new(Williams::new(whole(given[0]))),
    },
    Kind {
        name: "cci",
        what: "Lambert's commodity channel index: the typical price's distance from its mean, in 0.015 of the mean deviation.",
        input: Input::Bars,
        parameters: PERIOD_20,
        outputs: VALUE,
        make: |given| Box::new(CommodityChannel::new(whole(given[0]))),
    },
    Kind {
        name: "bop",
        what: "Balance of power: mean of (close - open) / (high - low), -1 to 1.",
        input: Input::Bars,
        parameters: PERIOD_14,
        outputs: VALUE,
        make: |given| Box::new(BalanceOfPower::new(whole(given[0]))),
    },
    Kind {
        name: "elder_ray",
        what: "Elder's rays: high and low less an exponential average of closes.",
        input: Input::Bars,
        parameters: &[rows("period", 13.0, 1.0)],
        outputs: &["bull", "bear", "average"],
        make: |given| Box::new(ElderRay::new(whole(given[0]))),
    },
    Kind {
        name: "true_range",
        what: "Width of a bar together with the close before it.",
        input: Input::Bars,
        parameters: &[],
        outputs: VALUE,
        make: |_| Box::new(TrueRange::new()),
    },
    Kind {
        name: "atr",
        what: "Average true range, Wilder's, in price and in per cent of the close.",
        input: Input::Bars,
        parameters: PERIOD_14,
        outputs: &["value", "percent"],
        make: |given| Box::new(Ranges(AverageRange::new(whole(given[0])))),
    },
    Kind {
        name: "chop",
        what: "Dreiss' choppiness: the way of the bars against the width of all of them, 0 (straight) to 100.",
        input: Input::Bars,
        parameters: &[rows("period", 14.0, 2.0)],
        outputs: VALUE,
        make: |given| Box::new(Choppiness::new(whole(given[0]))),
    },
    Kind {
        name: "keltner",
        what: "Keltner's channel: exponential average of closes, and `times` the average true range around it.",
        input: Input::Bars,
        parameters: &[
            rows("period", 20.0, 1.0),
            number("times", 2.0, 0.0, 1000.0),
            rows("ranges", 10.0, 1.0),
        ],
        outputs: BAND,
        make: |given| Box::new(Keltner::new(whole(given[0]), given[1], whole(given[2]))),
    },
    Kind {
        name: "donchian",
        what: "Donchian's channel: highest and lowest of the `period` bars before this one, so that a bar can break out of it.",
        input: Input::Bars,
        parameters: PERIOD_20,
        outputs: BAND,
        make: |given| Box::new(Donchian::new(whole(given[0]))),
    },
    Kind {
        name: "adx",
        what: "Wilder's directional movement: how much of a trend there is (0 to 100), upwards, downwards, and their difference by their sum.",
        input: Input::Bars,
        parameters: PERIOD_14,
        outputs: &["value", "plus", "minus", "index"],
        make: |given| Box::new(Directional::new(whole(given[0]))),
    },
    Kind {
        name: "aroon",
        what: "Chande's Aroon: how long ago the highest high and the lowest low were, 100 (now) to 0 (`period` bars ago).",
        input: Input::Bars,
        parameters: &[rows("period", 25.0, 1.0)],
        outputs: &["up", "down", "oscillator"],
        make: |given| Box::new(Aroon::new(whole(given[0]))),
    },
    Kind {
        name: "psar",
        what: "Wilder's parabolic stop and reverse; nothing until the first trend, which is guessed, has reversed.",
        input: Input::Bars,
        parameters: &[number("step", 0.02, 0.000_001, 1.0), number("most", 0.2, 0.000_001, 1.0)],
        outputs: &["value", "reverses"],
        make: |given| Box::new(Parabolic::new(given[0], given[1])),
    },
    Kind {
        name: "supertrend",
        what: "A stop that follows at `times` the average true range; 1 while prices are above it, else -1.",
        input: Input::Bars,
        parameters: &[rows("period", 10.0, 1.0), number("times", 3.0, 0.0, 1000.0)],
        outputs: &["value", "direction"],
        make: |given| Box::new(Supertrend::new(whole(given[0]), given[1])),
    },
    Kind {
        name: "heikin_ashi",
        what: "Bars averaged with the bar before.",
        input: Input::Bars,
        parameters: &[],
        outputs: &["open", "high", "low", "close"],
        make: |_| Box::new(HeikinAshi::new()),
    },
    Kind {
        name: "vwap",
        what: "Typical price weighted by volume: of all bars so far, or of the last `period`. None without volume.",
        input: Input::Bars,
        parameters: &[rows("period", 0.0, 0.0)],
        outputs: VALUE,
        make: |given| Box::new(VolumeWeighted::new(whole(given[0]))),
    },
    Kind {
        name: "vwma",
        what: "Mean of the last `period` closes, weighted by volume. None without volume.",
        input: Input::Bars,
        parameters: PERIOD_14,
        outputs: VALUE,
        make: |given| Box::new(WeightedCloses(VolumeWeighted::new(whole(given[0])))),
    },
    Kind {
        name: "obv",
        what: "On-balance volume: volume with the sign of the close's change, added up from 0.",
        input: Input::Bars,
        parameters: &[],
        outputs: VALUE,
        make: |_| Box::new(OnBalance::new()),
    },
    Kind {
        name: "adl",
        what: "Chaikin's accumulation and distribution: volume by where in its range a bar closed, added up.",
        input: Input::Bars,
        parameters: &[],
        outputs: VALUE,
        make: |_| Box::new(Accumulation(0.0)),
    },
    Kind {
        name: "chaikin_oscillator",
        what: "Fast exponential average of accumulation and distribution less the slow one.",
        input: Input::Bars,
        parameters: &[rows("fast", 3.0, 1.0), rows("slow", 10.0, 2.0)],
        outputs: VALUE,
        make: |given| Box::new(ChaikinOscillator::new(whole(given[0]), whole(given[1]))),
    },
    Kind {
        name: "cmf",
        what: "Chaikin's money flow: volume by where in its range a bar closed, of all volume of the last `period`, -1 to 1.",
        input: Input::Bars,
        parameters: PERIOD_20,
        outputs: VALUE,
        make: |given| Box::new(ChaikinFlow::new(whole(given[0]))),
    },
    Kind {
        name: "mfi",
        what: "Money flow index: value traded as typical prices rose, of all that moved, 0 to 100; 100 without any fall.",
        input: Input::Bars,
        parameters: PERIOD_14,
        outputs: VALUE,
        make: |given| Box::new(MoneyFlow::new(whole(given[0]))),
    },
    Kind {
        name: "force",
        what: "Elder's force: the close's change by the volume, averaged exponentially.",
        input: Input::Bars,
        parameters: &[rows("period", 13.0, 1.0)],
        outputs: VALUE,
        make: |given| Box::new(Force::new(whole(given[0]))),
    },
    Kind {
        name: "correlation",
        what: "How two series go together over the last `period`, -1 to 1 (0 where one stands still), and their covariance.",
        input: Input::Pair,
        parameters: &[rows("period", 20.0, 2.0)],
        outputs: &["value", "covariance"],
        make: |given| Box::new(Correlation::new(whole(given[0]))),
    },
    Kind {
        name: "beta",
        what: "How much the first series' returns followed the second's over the last `period` returns.",
        input: Input::Pair,
        parameters: &[rows("period", 50.0, 2.0)],
        outputs: VALUE,
        make: |given| Box::new(Beta::new(whole(given[0]))),
    },
    Kind {
        name: "residual",
        what: "Deviations of the first series from its line on the second over the last `period`, the line's slope, and where it meets zero.",
        input: Input::Pair,
        parameters: &[rows("period", 60.0, 3.0)],
        outputs: &["value", "slope", "intercept"],
        make: |given| Box::new(Residual::new(whole(given[0]))),
    },
    Kind {
        name: "microprice",
        what: "Bid and ask weighted by the opposite sizes, the middle, the spread.",
        input: Input::Quotes,
        parameters: &[],
        outputs: &["value", "middle", "spread"],
        make: |_| Box::new(Microprice),
    },
    Kind {
        name: "imbalance",
        what: "Size bid less size asked, of both, -1 to 1; 0 where both are nothing.",
        input: Input::Quotes,
        parameters: &[],
        outputs: VALUE,
        make: |_| Box::new(Imbalance),
    },
    Kind {
        name: "order_flow",
        what: "Order flow imbalance (Cont, Kukanov, Stoikov 2014) of the last `period` changes of the quote: size that came to the bid or left the ask, less the other.",
        input: Input::Quotes,
        parameters: &[rows("period", 10.0, 1.0)],
        outputs: VALUE,
        make: |given| Box::new(OrderFlow::new(whole(given[0]))),
    },
];
