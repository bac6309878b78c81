//! Weights of the calls.

#[rustfmt::skip]
mod measured;

use frame_support::weights::Weight;
pub use measured::SubstrateWeight;

/// What each call costs.
pub trait WeightInfo {
	/// Weight of `register_contract`.
	fn register_contract() -> Weight;
	/// Weight of `unregister_contract`.
	fn unregister_contract() -> Weight;
	/// Weight of `register_gatekeeper`.
	fn register_gatekeeper() -> Weight;
	/// Weight of `leave_gatekeeper`.
	fn leave_gatekeeper() -> Weight;
	/// Weight of `set_gatekeeper`, when it excludes.
	fn set_gatekeeper() -> Weight;
	/// Weight of the check that `call_contract` makes before it calls.
	fn call_contract() -> Weight;
	/// Whether an account may call contracts.
	fn may_call() -> Weight;
	/// Reading which contract a section has.
	fn contract_of() -> Weight;
}
