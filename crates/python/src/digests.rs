//! SHA-256 and HMAC of short texts: each request that a key signed needs both.

use hmac::{Hmac, KeyInit, Mac};
use pyo3::prelude::*;
use sha2::{Digest, Sha256};

/// Adds the digests to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(sha256_hex, module)?)?;
    module.add_function(wrap_pyfunction!(hmac_sha256_hex, module)?)
}

/// The SHA-256 of `content`, in small hexadecimal digits.
#[pyfunction]
#[pyo3(signature = (content, /))]
fn sha256_hex(content: &[u8]) -> String {
    hexadecimal(&Sha256::digest(content))
}

/// The HMAC-SHA256 of `content` under `key`, in small hexadecimal digits.
#[pyfunction]
#[pyo3(signature = (key, content, /))]
fn hmac_sha256_hex(key: &[u8], content: &[u8]) -> String {
    // HMAC takes keys of any length (RFC 2104, section 2).
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(content);
    hexadecimal(&mac.finalize().into_bytes())
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
