//! The trading desk: what stands between a strategy and a venue, live and in a backtest alike. No I/O and no clock.

pub mod risk;
