//! The runtime as a whole: what its first states hold, what may be called, and how it is governed.

mod chain;
mod contracts;
mod extension;
mod filter;
mod genesis;
mod governance;
mod indices;
mod registry;
mod weights;
