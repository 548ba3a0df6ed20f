//! The exchange as a plain process, for profiling, sanitizers and fuzzing. The package's own start is `garraway up`.

use std::process::ExitCode;

use garraway_exchange::{Config, Durability, StopHandle, json_to_stderr, run, stop_on_signals};

const USAGE: &str = "garraway-exchange FOLDER [--ouch ADDRESS:PORT] [--door SOCKET] [--durability os|fsync] [--reserve-orders N]";

fn main() -> ExitCode {
    let config = match parse(std::env::args().skip(1)) {
        Ok(config) => config,
        Err(text) => {
            eprintln!("{text}\nusage: {USAGE}");
            return ExitCode::from(2);
        }
    };
    let stop = StopHandle::new();
    if let Err(error) = stop_on_signals(&stop) {
        eprintln!("signals: {error}");
        return ExitCode::FAILURE;
    }
    match run(config, &stop, json_to_stderr()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Config, String> {
    let folder = arguments.next().filter(|folder| !folder.starts_with('-')).ok_or("no folder given")?;
    let mut config = Config::new(folder);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        match name.as_str() {
            "--ouch" => config.ouch = number(&name, &value, "an address like 127.0.0.1:9000")?,
            "--door" => config.door = Some(value.into()),
            "--durability" => config.durability = durability(&value)?,
            "--reserve-orders" => config.engine.reserve_orders = number(&name, &value, "a number of orders")?,
            _ => return Err(format!("{name} is not an option")),
        }
    }
    Ok(config)
}

fn durability(value: &str) -> Result<Durability, String> {
    match value {
        "os" => Ok(Durability::Os),
        "fsync" => Ok(Durability::Fsync),
        _ => Err(format!("--durability {value}: take os or fsync")),
    }
}

fn number<T: std::str::FromStr>(name: &str, value: &str, what: &str) -> Result<T, String> {
    value.parse().map_err(|_| format!("{name} {value}: take {what}"))
}
