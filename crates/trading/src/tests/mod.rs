//! The desk and the venue against naive loops over the same rows.

mod house;
mod played;
mod rows;
mod terms;
