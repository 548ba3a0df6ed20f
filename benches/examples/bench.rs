//! `cargo run --release -p garraway-benches --example bench -- book|engine OPS.csv [REPEATS]`, or `mixed [COMMANDS]`,
//! `many [ORDERS] [INSTRUMENTS]`, `snapshot [ORDERS] [INSTRUMENTS]`, `uncross [ORDERS] [SPECIAL]`: for profilers, which want a plain binary.
#![allow(clippy::print_stdout)]

use std::path::Path;

use garraway_benches::{
    Workload, bench_book, bench_engine, bench_many, bench_mixed, bench_snapshot, bench_uncross,
};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let what = arguments.get(1).map_or("", String::as_str);
    let number = |place: usize, default: usize| {
        arguments.get(place).and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    match what {
        "mixed" => {
            let (report, kinds) = bench_mixed(number(2, 1_000_000), 23, number(3, 7));
            println!("{report:?}\n{kinds}");
        }
        "many" => println!("{:?}", bench_many(number(2, 10_000_000), number(3, 10_000) as u32)),
        "snapshot" => println!("{:?}", bench_snapshot(number(2, 1_000_000), number(3, 1_000) as u32)),
        "uncross" => println!("{:?}", bench_uncross(number(2, 1_000_000), number(3, 0))),
        "book" | "engine" => {
            let path = arguments.get(2).map_or("", String::as_str);
            match Workload::load(Path::new(path)) {
                Ok(workload) if what == "book" => println!("{:?}", bench_book(&workload, number(3, 7))),
                Ok(workload) => println!("{:?}", bench_engine(&workload, number(3, 7))),
                Err(error) => println!("{path}: {error}"),
            }
        }
        _ => println!("bench book|engine OPS.csv [REPEATS] | mixed | many | snapshot | uncross"),
    }
}
