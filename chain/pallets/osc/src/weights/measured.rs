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
	/// - `Osc::Due`: 0 read, 1 written
	/// - `Osc::NextDue`: 1 read, 1 written
	/// - `Osc::Tickets`: 1 read, 1 written
	fn submit() -> Weight {
		// The shortest run took 11.2 µs.
		Weight::from_parts(11_467_000, 42)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(3))
	}

	/// - `Osc::Due`: 0 read, 1 written
	/// - `Osc::Tickets`: 1 read, 1 written
	fn close() -> Weight {
		// The shortest run took 12.7 µs.
		Weight::from_parts(12_910_000, 267)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	/// - `Osc::Due`: 0 read, 1 written
	/// - `Osc::Tickets`: 1 read, 1 written
	fn forget() -> Weight {
		// The shortest run took 10.4 µs.
		Weight::from_parts(10_706_000, 267)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	/// - `Osc::Tickets`: 1 read, 0 written
	fn ticket() -> Weight {
		// The shortest run took 6.6 µs.
		Weight::from_parts(6_940_000, 267)
			.saturating_add(T::DbWeight::get().reads(1))
	}

	/// - `Osc::Due`: 2 read, 1 written
	/// - `Osc::Tickets`: 1 read, 1 written
	fn expire() -> Weight {
		// The shortest run took 14.7 µs.
		Weight::from_parts(15_133_000, 347)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	/// - `Osc::Due`: 1 read, 0 written
	/// - `Osc::NextDue`: 1 read, 1 written
	fn next_block() -> Weight {
		// The shortest run took 5.6 µs.
		Weight::from_parts(5_789_000, 69)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}

	/// - `n`: 0 to 1_000
	/// - `Osc::Due`: 0 read, 1_000 written
	/// - `Osc::Tickets`: 1_001 read, 1_000 written
	fn clear(n: u32) -> Weight {
		// The shortest run took 7.1 µs. Standard error: 8_564 ps for `n`.
		Weight::from_parts(7_240_000, 213)
			.saturating_add(Weight::from_parts(7_893_881, 0).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(0, 86).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().reads(1).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().writes(2).saturating_mul(n.into()))
	}
}
