//! The community's rules (LNP) and who changes them.
//!
//! Whoever holds tokens proposes a referendum on the track of what it is to do, votes, and the chain carries out what
//! passed: a change of the runtime, of the registries, of staking, a payment. A council of members that referenda choose
//! can stop a referendum in the network's first phase. It can do nothing else, and the phase ends by itself.

mod council;
pub mod origins;
mod referenda;
pub mod tracks;

pub use council::{CouncilCollective, Kill, Veto};
