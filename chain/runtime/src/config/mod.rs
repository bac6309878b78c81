//! How the pallets are set up, by area.

pub mod consensus;
pub mod contracts;
pub mod staking;
pub mod system;
pub mod tokens;
