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
	/// - `Psc::Members`: 1 read, 1 written
	/// - `Psc::UsedKeys`: 1 read, 1 written
	fn enrol() -> Weight {
		// The shortest run took 12.6 µs.
		Weight::from_parts(12_939_000, 4)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	/// - `Psc::RoleKeys`: 0 read, 1 written
	/// - `Psc::Roles`: 1 read, 1 written
	/// - `Psc::UsedKeys`: 1 read, 1 written
	fn create_role() -> Weight {
		// The shortest run took 14.6 µs.
		Weight::from_parts(15_213_000, 4)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(3))
	}

	/// - `Psc::Grants`: 1 read, 1 written
	/// - `Psc::Members`: 1 read, 0 written
	/// - `Psc::Roles`: 1 read, 1 written
	fn grant() -> Weight {
		// The shortest run took 20.1 µs.
		Weight::from_parts(20_471_000, 390)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	/// - `m`: 0 to 64
	/// - `Psc::Grants`: 64 read, 64 written
	/// - `Psc::Members`: 64 read, 0 written
	/// - `Psc::RoleKeys`: 0 read, 1 written
	/// - `Psc::Roles`: 1 read, 1 written
	/// - `Psc::UsedKeys`: 1 read, 1 written
	fn rotate(m: u32) -> Weight {
		// The shortest run took 18.6 µs. Standard error: 20_115 ps for `m`.
		Weight::from_parts(20_158_233, 639)
			.saturating_add(Weight::from_parts(11_675_431, 0).saturating_mul(m.into()))
			.saturating_add(Weight::from_parts(0, 352).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().reads(2).saturating_mul(m.into()))
			.saturating_add(T::DbWeight::get().writes(3))
			.saturating_add(T::DbWeight::get().writes(1).saturating_mul(m.into()))
	}

	/// - `c`: 1 to 16
	/// - `Psc::LastVersions`: 1 read, 0 written
	/// - `Psc::Roles`: 16 read, 0 written
	/// - `Psc::Values`: 1 read, 1 written
	fn put(c: u32) -> Weight {
		// The shortest run took 52.0 µs. Standard error: 6_111 ps for `c`.
		Weight::from_parts(48_018_572, 15_667)
			.saturating_add(Weight::from_parts(5_062_151, 0).saturating_mul(c.into()))
			.saturating_add(Weight::from_parts(0, 264).saturating_mul(c.into()))
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().reads(1).saturating_mul(c.into()))
			.saturating_add(T::DbWeight::get().writes(1))
	}

	/// - `Psc::LastVersions`: 0 read, 1 written
	/// - `Psc::Values`: 1 read, 1 written
	fn remove() -> Weight {
		// The shortest run took 22.0 µs.
		Weight::from_parts(22_524_000, 18_306)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	/// - `Psc::Values`: 1 read, 0 written
	fn get() -> Weight {
		// The shortest run took 13.4 µs.
		Weight::from_parts(13_760_000, 18_306)
			.saturating_add(T::DbWeight::get().reads(1))
	}

	/// - `Psc::Roles`: 1 read, 0 written
	fn role() -> Weight {
		// The shortest run took 6.3 µs.
		Weight::from_parts(6_480_000, 236)
			.saturating_add(T::DbWeight::get().reads(1))
	}

	/// - `Psc::Grants`: 1 read, 0 written
	fn grant_of() -> Weight {
		// The shortest run took 7.3 µs.
		Weight::from_parts(7_521_000, 428)
			.saturating_add(T::DbWeight::get().reads(1))
	}

	/// - `n`: 0 to 1_000
	/// - `Psc::Grants`: 1 read, 0 written
	/// - `Psc::LastVersions`: 1 read, 0 written
	/// - `Psc::Members`: 1 read, 0 written
	/// - `Psc::RoleKeys`: 1 read, 0 written
	/// - `Psc::Roles`: 1 read, 0 written
	/// - `Psc::UsedKeys`: 1_001 read, 1_000 written
	/// - `Psc::Values`: 1 read, 0 written
	fn clear(n: u32) -> Weight {
		// The shortest run took 30.9 µs. Standard error: 5_266 ps for `n`.
		Weight::from_parts(13_813_611, 187)
			.saturating_add(Weight::from_parts(4_220_741, 0).saturating_mul(n.into()))
			.saturating_add(Weight::from_parts(0, 54).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().reads(1).saturating_mul(n.into()))
			.saturating_add(T::DbWeight::get().writes(1).saturating_mul(n.into()))
	}
}
