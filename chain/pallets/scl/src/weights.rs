//! Weights of the calls.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What each call costs.
pub trait WeightInfo {
	/// Weight of `register_contract`.
	fn register_contract() -> Weight;
	/// Weight of `unregister_contract`.
	fn unregister_contract() -> Weight;
}

/// Upper estimates: the database accesses of each call, plus a constant for the work around them. They stand in for
/// benchmarks, and err on the dear side: the calls are rare and come from the chain's administration.
pub struct EstimatedWeight<T>(PhantomData<T>);

/// Reference time of a call without its database accesses, in picoseconds.
const BASE_REF_TIME: u64 = 50_000_000;

/// Proof size of a call, in bytes: one record and one revision with their keys, rounded up.
const PROOF_SIZE: u64 = 8 * 1024;

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	fn register_contract() -> Weight {
		// Reads the contract's code hash and the last revision; writes the record and the revision.
		Weight::from_parts(BASE_REF_TIME, PROOF_SIZE).saturating_add(T::DbWeight::get().reads_writes(2, 2))
	}

	fn unregister_contract() -> Weight {
		Weight::from_parts(BASE_REF_TIME, PROOF_SIZE).saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}
}
