//! Benchmarks on workloads with known answers: `garraway bench book | engine OPS.csv`.
//!
//! A workload is a CSV of `A|C|X,oid,side,price,quantity` (add, cancel, aggressive order); its *tape* is an FNV fold of taker, maker, price and
//! quantity of every fill, which an oracle gives too. Everything is read, built and touched before the clock starts.

mod book;
mod engine;
mod kinds;
mod many;
mod measure;
mod mixed;
mod uncross;
mod venue;
mod workload;

pub use book::bench_book;
pub use engine::{EngineWorkload, bench_engine, bench_engine_batches};
pub use kinds::{KindRow, Kinds};
pub use many::{ManyReport, SnapshotReport, bench_many, bench_snapshot};
pub use measure::Report;
pub use mixed::{MixedWorkload, bench_mixed};
pub use uncross::{UncrossReport, bench_uncross};
pub use workload::{Operation, Verb, Workload, WorkloadError};
