//! The exchange process: enters Rust and stays there.

use std::net::SocketAddr;
use std::path::PathBuf;

use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use garraway_exchange::{Config, Durability, StopHandle, json_to_stderr, run, stop_on_signals};

/// Adds `run_exchange` to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(run_exchange, module)?)
}

const KEYS: &str = "folder, durability, door, ouch_host, ouch_port, segment_bytes, event_segment_bytes, reserve_orders, \
     ouch_connections, door_connections, output_bytes, messages_per_second, reduction_reserve_per_second, \
     tokens_per_account, held_bytes";

/// Runs an exchange until SIGTERM or SIGINT; what happens is written to stderr, a line of JSON each.
#[pyfunction]
fn run_exchange<'py>(py: Python<'py>, config: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyDict>> {
    let config = read_config(config)?;
    let stop = StopHandle::new();
    stop_on_signals(&stop)?;
    let stopped = py
        .detach(|| run(config, &stop, json_to_stderr()))
        .map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    let ended = PyDict::new(py);
    ended.set_item("last_seq", stopped.last_seq)?;
    ended.set_item("state_hash", format!("{:016x}", stopped.state_hash))?;
    Ok(ended)
}

fn read_config(values: &Bound<'_, PyDict>) -> PyResult<Config> {
    let folder: PathBuf = values
        .get_item("folder")?
        .ok_or_else(|| PyValueError::new_err(format!("config has no folder: give one of the keys {KEYS}")))?
        .extract()?;
    let mut config = Config::new(folder);
    let (mut host, mut port) = (config.ouch.ip(), config.ouch.port());
    for (key, value) in values {
        match key.extract::<String>()?.as_str() {
            "folder" => {}
            "durability" => config.durability = durability(&value.extract::<String>()?)?,
            "door" => config.door = Some(value.extract()?),
            "ouch_host" => {
                let text: String = value.extract()?;
                host = text.parse().map_err(|_| {
                    PyValueError::new_err(format!(
                        "ouch_host is {text:?}: give an IP address, such as 127.0.0.1"
                    ))
                })?;
            }
            "ouch_port" => port = value.extract()?,
            "segment_bytes" => config.segment_bytes = value.extract()?,
            "event_segment_bytes" => config.event_segment_bytes = value.extract()?,
            "reserve_orders" => config.engine.reserve_orders = value.extract()?,
            "ouch_connections" => config.limits.ouch_connections = value.extract()?,
            "door_connections" => config.limits.door_connections = value.extract()?,
            "output_bytes" => config.limits.output_bytes = value.extract()?,
            "messages_per_second" => config.limits.messages_per_second = value.extract()?,
            "reduction_reserve_per_second" => config.limits.reduction_reserve_per_second = value.extract()?,
            "tokens_per_account" => config.limits.tokens_per_account = value.extract()?,
            "held_bytes" => config.limits.held_bytes = value.extract()?,
            unknown => {
                return Err(PyValueError::new_err(format!(
                    "config has the unknown key {unknown:?}: take {KEYS}"
                )));
            }
        }
    }
    config.ouch = SocketAddr::new(host, port);
    Ok(config)
}

fn durability(text: &str) -> PyResult<Durability> {
    match text {
        "os" => Ok(Durability::Os),
        "fsync" => Ok(Durability::Fsync),
        _ => Err(PyValueError::new_err(format!("durability is {text:?}: take os or fsync"))),
    }
}
