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
	/// - `Csc::Sections`: 1 read, 1 written
	fn open() -> Weight {
		// The shortest run took 6.6 µs.
		Weight::from_parts(6_940_000, 114)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(1))
	}

	/// - `Csc::Sections`: 1 read, 0 written
	fn head() -> Weight {
		// The shortest run took 4.7 µs.
		Weight::from_parts(5_078_000, 334)
			.saturating_add(T::DbWeight::get().reads(1))
	}

	/// - `Csc::Entries`: 1 read, 0 written
	fn get() -> Weight {
		// The shortest run took 10.2 µs.
		Weight::from_parts(10_546_000, 15_907)
			.saturating_add(T::DbWeight::get().reads(1))
	}

	/// - `k`: 0 to 2_048
	/// - `Csc::Indexes`: 1 read, 0 written
	fn keys(k: u32) -> Weight {
		// The shortest run took 3.5 µs. Standard error: 372 ps for `k`.
		Weight::from_parts(3_625_000, 253)
			.saturating_add(Weight::from_parts(229_584, 0).saturating_mul(k.into()))
			.saturating_add(Weight::from_parts(0, 166).saturating_mul(k.into()))
			.saturating_add(T::DbWeight::get().reads(1))
	}

	/// - `c`: 1 to 2_048
	/// - `b`: 0 to 524_288
	fn decode(c: u32, b: u32) -> Weight {
		// The shortest run took 1.7 µs. Standard error: 7 ps for `b`, 1_922 ps for `c`.
		Weight::from_parts(1_753_000, 0)
			.saturating_add(Weight::from_parts(3_145, 0).saturating_mul(b.into()))
			.saturating_add(Weight::from_parts(852_041, 0).saturating_mul(c.into()))
	}

	/// - `c`: 1 to 1_024
	/// - `k`: 0 to 1_024
	/// - `Csc::Entries`: 0 read, 1_024 written
	/// - `Csc::Indexes`: 1 read, 1 written
	/// - `Csc::Sections`: 1 read, 1 written
	fn apply(c: u32, k: u32) -> Weight {
		// The shortest run took 18.3 µs. Standard error: 12_239 ps for `c`, 12_242 ps for `k`.
		Weight::from_parts(18_788_000, 306)
			.saturating_add(Weight::from_parts(7_453_486, 0).saturating_mul(c.into()))
			.saturating_add(Weight::from_parts(1_669_769, 0).saturating_mul(k.into()))
			.saturating_add(Weight::from_parts(0, 166).saturating_mul(k.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
			.saturating_add(T::DbWeight::get().writes(1).saturating_mul(c.into()))
	}

	/// - `k`: 0 to 2_048
	/// - `Csc::Entries`: 0 read, 2_048 written
	/// - `Csc::Indexes`: 1 read, 1 written
	/// - `Csc::Sections`: 1 read, 1 written
	fn close_section(k: u32) -> Weight {
		// The shortest run took 11.7 µs. Standard error: 4_978 ps for `k`.
		Weight::from_parts(12_038_000, 369)
			.saturating_add(Weight::from_parts(3_082_609, 0).saturating_mul(k.into()))
			.saturating_add(Weight::from_parts(0, 166).saturating_mul(k.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
			.saturating_add(T::DbWeight::get().writes(1).saturating_mul(k.into()))
	}
}
