//! Weights of the calls.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

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
}

/// Upper estimates: the database accesses of each call, plus a constant for the work around them. They stand in for
/// benchmarks, and err on the dear side.
pub struct EstimatedWeight<T>(PhantomData<T>);

/// Reference time of a call without its database accesses, in picoseconds.
const BASE_REF_TIME: u64 = 50_000_000;

/// Proof size of a call, in bytes: one record and one revision with their keys, rounded up.
const PROOF_SIZE: u64 = 8 * 1024;

fn estimate<T: frame_system::Config>(reads: u64, writes: u64) -> Weight {
	Weight::from_parts(BASE_REF_TIME, PROOF_SIZE).saturating_add(T::DbWeight::get().reads_writes(reads, writes))
}

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	fn register_contract() -> Weight {
		// The contract's code hash, the record before, the revision and the counts of two accounts.
		estimate::<T>(5, 4)
	}

	fn unregister_contract() -> Weight {
		estimate::<T>(2, 2)
	}

	fn register_gatekeeper() -> Weight {
		// The record, the account and its holds.
		estimate::<T>(3, 3)
	}

	fn leave_gatekeeper() -> Weight {
		estimate::<T>(3, 3)
	}

	fn set_gatekeeper() -> Weight {
		// Those, and the account that gets what is slashed.
		estimate::<T>(4, 4)
	}

	fn call_contract() -> Weight {
		estimate::<T>(1, 0)
	}
}
