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
	/// - `Balances::Holds`: 1 read, 1 written
	/// - `Drn::CurrentRules`: 1 read, 0 written
	/// - `Drn::Due`: 0 read, 1 written
	/// - `Drn::Guards`: 1 read, 0 written
	/// - `Drn::Members`: 1 read, 1 written
	/// - `Drn::NextDue`: 1 read, 1 written
	/// - `Scl::Gatekeepers`: 1 read, 0 written
	/// - `System::Account`: 1 read, 1 written
	fn join() -> Weight {
		// The shortest run took 64.1 µs.
		Weight::from_parts(65_337_000, 591)
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().writes(5))
	}

	/// - `Drn::Members`: 1 read, 1 written
	/// - `Scl::Gatekeepers`: 1 read, 0 written
	fn classify() -> Weight {
		// The shortest run took 17.4 µs.
		Weight::from_parts(18_027_000, 667)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}

	/// - `Drn::Bonds`: 1 read, 0 written
	/// - `Drn::CurrentRules`: 1 read, 0 written
	/// - `Drn::Due`: 0 read, 2 written
	/// - `Drn::Members`: 1 read, 1 written
	/// - `Drn::Rulings`: 0 read, 1 written
	/// - `Scl::Gatekeepers`: 1 read, 1 written
	/// - `Scl::SuspendedByRules`: 1 read, 1 written
	fn heartbeat() -> Weight {
		// The shortest run took 39.1 µs.
		Weight::from_parts(40_300_000, 865)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(6))
	}

	/// - `Drn::Challenges`: 1 read, 1 written
	/// - `Drn::Due`: 0 read, 1 written
	/// - `Drn::Members`: 1 read, 0 written
	/// - `RandomnessCollectiveFlip::RandomMaterial`: 1 read, 0 written
	/// - `Scl::Gatekeepers`: 1 read, 0 written
	fn challenge() -> Weight {
		// The shortest run took 96.5 µs.
		Weight::from_parts(98_066_000, 3_330)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	/// - `Drn::Challenges`: 1 read, 1 written
	/// - `Drn::Due`: 0 read, 1 written
	fn respond() -> Weight {
		// The shortest run took 13.4 µs.
		Weight::from_parts(14_211_000, 317)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	/// - `Balances::Holds`: 1 read, 1 written
	/// - `Drn::Bonds`: 1 read, 0 written
	/// - `Drn::Challenges`: 1 read, 1 written
	/// - `Drn::CurrentRules`: 1 read, 0 written
	/// - `Drn::Due`: 0 read, 2 written
	/// - `Drn::Members`: 1 read, 1 written
	/// - `Drn::Reported`: 0 read, 1 written
	/// - `Drn::Rulings`: 0 read, 1 written
	/// - `Scl::Gatekeepers`: 2 read, 1 written
	/// - `Scl::SuspendedByRules`: 0 read, 1 written
	/// - `System::Account`: 2 read, 2 written
	fn judge() -> Weight {
		// The shortest run took 98.3 µs.
		Weight::from_parts(101_061_000, 1_417)
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().writes(11))
	}

	/// - `Drn::Bonds`: 1 read, 0 written
	/// - `Drn::Challenges`: 1 read, 1 written
	/// - `Drn::Due`: 0 read, 2 written
	/// - `Drn::Members`: 1 read, 1 written
	fn leave() -> Weight {
		// The shortest run took 22.6 µs.
		Weight::from_parts(23_405_000, 622)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(4))
	}

	/// - `Balances::Holds`: 1 read, 1 written
	/// - `Drn::Bonds`: 1 read, 1 written
	/// - `Drn::Guards`: 0 read, 1 written
	/// - `Drn::Members`: 1 read, 1 written
	/// - `Drn::Reported`: 0 read, 1 written
	/// - `Drn::Rulings`: 0 read, 1 written
	/// - `System::Account`: 1 read, 1 written
	fn withdraw() -> Weight {
		// The shortest run took 55.1 µs.
		Weight::from_parts(56_154_000, 684)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(7))
	}

	/// - `Balances::Holds`: 1 read, 1 written
	/// - `Drn::Bonds`: 1 read, 0 written
	/// - `Drn::Challenges`: 1 read, 1 written
	/// - `Drn::Due`: 0 read, 3 written
	/// - `Drn::Members`: 1 read, 1 written
	/// - `Drn::Reported`: 0 read, 1 written
	/// - `Drn::Rulings`: 0 read, 1 written
	/// - `Scl::Gatekeepers`: 1 read, 1 written
	/// - `Scl::SuspendedByRules`: 0 read, 1 written
	/// - `System::Account`: 2 read, 2 written
	fn exclude() -> Weight {
		// The shortest run took 90.5 µs.
		Weight::from_parts(92_589_000, 1_241)
			.saturating_add(T::DbWeight::get().reads(7))
			.saturating_add(T::DbWeight::get().writes(12))
	}

	/// - `Balances::Holds`: 1 read, 1 written
	/// - `Drn::Bonds`: 1 read, 0 written
	/// - `Drn::Challenges`: 1 read, 1 written
	/// - `Drn::CurrentRules`: 1 read, 0 written
	/// - `Drn::Due`: 0 read, 3 written
	/// - `Drn::Members`: 1 read, 1 written
	/// - `Drn::Reported`: 1 read, 1 written
	/// - `Drn::Rulings`: 0 read, 1 written
	/// - `Scl::Gatekeepers`: 2 read, 1 written
	/// - `Scl::SuspendedByRules`: 0 read, 1 written
	/// - `System::Account`: 2 read, 2 written
	fn report() -> Weight {
		// The shortest run took 102.5 µs.
		Weight::from_parts(106_108_000, 2_486)
			.saturating_add(T::DbWeight::get().reads(10))
			.saturating_add(T::DbWeight::get().writes(12))
	}

	/// - `Drn::CurrentRules`: 0 read, 1 written
	fn set_rules() -> Weight {
		// The shortest run took 4.6 µs.
		Weight::from_parts(4_907_000, 0)
			.saturating_add(T::DbWeight::get().writes(1))
	}

	/// - `Drn::Bonds`: 1 read, 1 written
	/// - `Drn::CurrentRules`: 1 read, 0 written
	/// - `Drn::Due`: 0 read, 1 written
	/// - `Drn::Guards`: 1 read, 1 written
	/// - `Drn::Members`: 2 read, 0 written
	fn bind_guard() -> Weight {
		// The shortest run took 20.6 µs.
		Weight::from_parts(21_362_000, 351)
			.saturating_add(T::DbWeight::get().reads(5))
			.saturating_add(T::DbWeight::get().writes(3))
	}

	/// - `Balances::Holds`: 1 read, 1 written
	/// - `Drn::Bonds`: 1 read, 1 written
	/// - `Drn::Challenges`: 1 read, 1 written
	/// - `Drn::CurrentRules`: 1 read, 0 written
	/// - `Drn::Due`: 0 read, 4 written
	/// - `Drn::Guards`: 1 read, 0 written
	/// - `Drn::Members`: 1 read, 1 written
	/// - `Drn::Reported`: 0 read, 1 written
	/// - `Drn::Rulings`: 0 read, 1 written
	/// - `Scl::Gatekeepers`: 1 read, 1 written
	/// - `Scl::SuspendedByRules`: 0 read, 1 written
	/// - `System::Account`: 2 read, 2 written
	/// - `System::BlockHash`: 1 read, 0 written
	fn attest() -> Weight {
		// The shortest run took 114.2 µs.
		Weight::from_parts(116_925_000, 1_495)
			.saturating_add(T::DbWeight::get().reads(10))
			.saturating_add(T::DbWeight::get().writes(14))
	}

	/// - `Drn::Bonds`: 1 read, 1 written
	/// - `Drn::CurrentRules`: 1 read, 0 written
	/// - `Drn::Members`: 1 read, 0 written
	/// - `Scl::Gatekeepers`: 1 read, 0 written
	fn set_manifest() -> Weight {
		// The shortest run took 20.8 µs.
		Weight::from_parts(21_652_000, 829)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(1))
	}

	/// - `Balances::Holds`: 1 read, 1 written
	/// - `Drn::Bonds`: 1 read, 1 written
	/// - `Drn::Challenges`: 1 read, 1 written
	/// - `Drn::CurrentRules`: 1 read, 0 written
	/// - `Drn::Due`: 2 read, 4 written
	/// - `Drn::Members`: 1 read, 1 written
	/// - `Drn::Reported`: 0 read, 1 written
	/// - `Drn::Rulings`: 0 read, 1 written
	/// - `Scl::Gatekeepers`: 1 read, 1 written
	/// - `Scl::SuspendedByRules`: 0 read, 1 written
	/// - `System::Account`: 2 read, 2 written
	fn miss() -> Weight {
		// The shortest run took 101.6 µs.
		Weight::from_parts(105_628_000, 1_395)
			.saturating_add(T::DbWeight::get().reads(10))
			.saturating_add(T::DbWeight::get().writes(14))
	}

	/// - `Drn::Due`: 1 read, 0 written
	/// - `Drn::NextDue`: 1 read, 1 written
	fn next_block() -> Weight {
		// The shortest run took 6.3 µs.
		Weight::from_parts(6_480_000, 141)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
}
