mod contracts;
mod forwarding;
mod fuzz;
mod gatekeepers;
mod migration;
#[cfg(feature = "try-runtime")]
mod state;
mod weights;
