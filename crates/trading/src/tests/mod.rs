//! The desk and the venue against naive loops over the same rows.

mod house;
mod played;
mod recorded;
mod rows;
mod terms;
