//! How the pallets are set up, by area.

pub mod accounts;
pub mod consensus;
pub mod contracts;
pub mod extension;
pub mod governance;
pub mod infrastructure;
pub mod pools;
pub mod staking;
pub mod system;
pub mod tokens;
pub mod treasury;
pub mod voter_bags;
