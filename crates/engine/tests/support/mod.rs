//! What properties and fuzz targets share: commands out of plain bytes, and the money that events tell of.
#![allow(dead_code, missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

pub mod choices;
pub mod draw;
pub mod fold;
pub mod world;
