//! `cargo run --release -p garraway-benches --example bench -- book|engine OPS.csv [REPEATS]`: for profilers, which want a plain binary.
//! And `-- uncross ORDERS [SPECIAL]`: an auction on a book of so many orders, every SPECIAL-th of another kind than plain.
#![allow(clippy::print_stdout)]

use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, what, path, rest @ ..] = arguments.as_slice() else {
        return println!("bench book|engine OPS.csv [REPEATS] | bench uncross ORDERS [SPECIAL]");
    };
    if what == "uncross" {
        let orders = path.parse().unwrap_or(1_000_000);
        let special = rest.first().and_then(|text| text.parse().ok()).unwrap_or(0);
        return println!("{:?}", garraway_benches::bench_uncross(orders, special));
    }
    let repeats = rest.first().and_then(|text| text.parse().ok()).unwrap_or(7);
    match garraway_benches::Workload::load(Path::new(path)) {
        Ok(workload) if what == "book" => println!("{:?}", garraway_benches::bench_book(&workload, repeats)),
        Ok(workload) => println!("{:?}", garraway_benches::bench_engine(&workload, repeats)),
        Err(error) => println!("{path}: {error}"),
    }
}
