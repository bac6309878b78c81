//! The weights as measured. `npm run bench:weights` writes this file.
//!
//! Date: 2026-11-23. Machine: AMD EPYC, 2 cores, 24 GiB.
//! Compiler: rustc 1.96.0. Parameters: 50 steps. Runs: 20 a step.
//! Time is a least-squares fit in picoseconds, proof sizes are what the runs recorded in bytes.

use super::WeightInfo;
use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Measured weights, with the chain's own prices of database accesses.
pub struct SubstrateWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for SubstrateWeight<T> {
	/// - `Contracts::ContractInfoOf`: 1 read, 0 written
	/// - `Scl::ContractCounts`: 1 read, 1 written
	/// - `Scl::Contracts`: 1 read, 1 written
	/// - `Scl::Revisions`: 1 read, 1 written
	fn register_contract() -> Weight {
		// The shortest run took 33.9 µs.
		Weight::from_parts(35_503_000, 959)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(3))
	}

	/// - `Scl::ContractCounts`: 1 read, 1 written
	/// - `Scl::Contracts`: 1 read, 1 written
	fn unregister_contract() -> Weight {
		// The shortest run took 15.9 µs.
		Weight::from_parts(17_055_000, 492)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	/// - `Balances::Holds`: 1 read, 1 written
	/// - `Scl::Gatekeepers`: 1 read, 1 written
	fn register_gatekeeper() -> Weight {
		// The shortest run took 52.7 µs.
		Weight::from_parts(53_450_000, 271)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	/// - `Balances::Holds`: 1 read, 1 written
	/// - `Drn::Members`: 1 read, 0 written
	/// - `Scl::Gatekeepers`: 1 read, 1 written
	fn leave_gatekeeper() -> Weight {
		// The shortest run took 48.6 µs.
		Weight::from_parts(49_364_000, 489)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	/// - `Balances::Holds`: 1 read, 1 written
	/// - `Scl::Gatekeepers`: 1 read, 1 written
	/// - `Scl::SuspendedByRules`: 0 read, 1 written
	/// - `System::Account`: 1 read, 1 written
	fn set_gatekeeper() -> Weight {
		// The shortest run took 51.6 µs.
		Weight::from_parts(53_089_000, 478)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(4))
	}

	/// - `Scl::ContractCounts`: 1 read, 0 written
	/// - `Scl::Gatekeepers`: 1 read, 0 written
	fn call_contract() -> Weight {
		// The shortest run took 8.3 µs.
		Weight::from_parts(8_763_000, 402)
			.saturating_add(T::DbWeight::get().reads(2))
	}

	/// - `Scl::ContractCounts`: 1 read, 0 written
	/// - `Scl::Gatekeepers`: 1 read, 0 written
	fn may_call() -> Weight {
		// The shortest run took 7.0 µs.
		Weight::from_parts(7_361_000, 336)
			.saturating_add(T::DbWeight::get().reads(2))
	}

	/// - `Scl::Contracts`: 1 read, 0 written
	fn contract_of() -> Weight {
		// The shortest run took 7.0 µs.
		Weight::from_parts(7_291_000, 451)
			.saturating_add(T::DbWeight::get().reads(1))
	}
}
