//! Weights of the calls.

#[rustfmt::skip]
mod measured;

use frame_support::weights::Weight;
pub use measured::SubstrateWeight;

/// What each call costs.
pub trait WeightInfo {
	/// Weight of `join`.
	fn join() -> Weight;
	/// Weight of `classify`.
	fn classify() -> Weight;
	/// Weight of `heartbeat`, when it re-admits.
	fn heartbeat() -> Weight;
	/// Weight of `challenge`.
	fn challenge() -> Weight;
	/// Weight of `respond`.
	fn respond() -> Weight;
	/// Weight of `judge`, when it excludes.
	fn judge() -> Weight;
	/// Weight of `leave`.
	fn leave() -> Weight;
	/// Weight of `withdraw`.
	fn withdraw() -> Weight;
	/// Weight of `exclude`.
	fn exclude() -> Weight;
	/// Weight of `report`, when it excludes.
	fn report() -> Weight;
	/// Weight of `set_rules`.
	fn set_rules() -> Weight;
	/// Weight of `bind_guard`.
	fn bind_guard() -> Weight;
	/// Weight of `attest`, when it excludes.
	fn attest() -> Weight;
	/// Weight of `set_manifest`.
	fn set_manifest() -> Weight;
	/// Striking and excluding a member that missed a deadline.
	fn miss() -> Weight;
	/// Finding that nothing is due in a block.
	fn next_block() -> Weight;
}
