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
	/// - `Drn::Members`: 1 read, 1 written
	/// - `Drn::NextDue`: 1 read, 1 written
	/// - `Scl::Gatekeepers`: 1 read, 0 written
	/// - `System::Account`: 1 read, 1 written
	fn join() -> Weight {
		// The shortest run took 64.8 µs.
		Weight::from_parts(68_000_000, 700)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(5))
	}

	/// - `Drn::Members`: 1 read, 1 written
	/// - `Scl::Gatekeepers`: 1 read, 0 written
	fn classify() -> Weight {
		// The shortest run took 18.6 µs.
		Weight::from_parts(19_369_000, 659)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}

	/// - `Drn::CurrentRules`: 1 read, 0 written
	/// - `Drn::Due`: 0 read, 2 written
	/// - `Drn::Members`: 1 read, 1 written
	/// - `Drn::Rulings`: 0 read, 1 written
	/// - `Scl::Gatekeepers`: 1 read, 1 written
	/// - `Scl::SuspendedByRules`: 1 read, 1 written
	fn heartbeat() -> Weight {
		// Not measured since it re-admits: the time and proof of the accesses that came with that are those of `judge`.
		Weight::from_parts(48_000_000, 1_400)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(6))
	}

	/// - `Drn::Challenges`: 1 read, 1 written
	/// - `Drn::Due`: 0 read, 1 written
	/// - `Drn::Members`: 1 read, 0 written
	/// - `RandomnessCollectiveFlip::RandomMaterial`: 1 read, 0 written
	/// - `Scl::Gatekeepers`: 1 read, 0 written
	fn challenge() -> Weight {
		// The shortest run took 100.7 µs.
		Weight::from_parts(102_734_000, 3_322)
			.saturating_add(T::DbWeight::get().reads(4))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	/// - `Drn::Challenges`: 1 read, 1 written
	/// - `Drn::Due`: 0 read, 1 written
	fn respond() -> Weight {
		// The shortest run took 14.2 µs.
		Weight::from_parts(14_822_000, 317)
			.saturating_add(T::DbWeight::get().reads(1))
			.saturating_add(T::DbWeight::get().writes(2))
	}

	/// - `Balances::Holds`: 1 read, 1 written
	/// - `Drn::Challenges`: 1 read, 1 written
	/// - `Drn::CurrentRules`: 1 read, 0 written
	/// - `Drn::Due`: 0 read, 1 written
	/// - `Drn::Members`: 1 read, 1 written
	/// - `Drn::Reported`: 0 read, 1 written
	/// - `Drn::Rulings`: 0 read, 1 written
	/// - `Scl::Gatekeepers`: 2 read, 1 written
	/// - `Scl::SuspendedByRules`: 0 read, 1 written
	/// - `System::Account`: 2 read, 2 written
	fn judge() -> Weight {
		// The shortest run took 89.0 µs.
		Weight::from_parts(100_000_000, 1_400)
			.saturating_add(T::DbWeight::get().reads(8))
			.saturating_add(T::DbWeight::get().writes(10))
	}

	/// - `Drn::Challenges`: 1 read, 1 written
	/// - `Drn::Due`: 0 read, 1 written
	/// - `Drn::Members`: 1 read, 1 written
	fn leave() -> Weight {
		// The shortest run took 19.1 µs.
		Weight::from_parts(19_699_000, 485)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(3))
	}

	/// - `Balances::Holds`: 1 read, 1 written
	/// - `Drn::Members`: 1 read, 1 written
	/// - `Drn::Reported`: 0 read, 1 written
	/// - `Drn::Rulings`: 0 read, 1 written
	/// - `System::Account`: 1 read, 1 written
	fn withdraw() -> Weight {
		// The shortest run took 48.1 µs.
		Weight::from_parts(52_000_000, 546)
			.saturating_add(T::DbWeight::get().reads(3))
			.saturating_add(T::DbWeight::get().writes(5))
	}

	/// - `Balances::Holds`: 1 read, 1 written
	/// - `Drn::Challenges`: 1 read, 1 written
	/// - `Drn::Due`: 0 read, 2 written
	/// - `Drn::Members`: 1 read, 1 written
	/// - `Drn::Reported`: 0 read, 1 written
	/// - `Drn::Rulings`: 0 read, 1 written
	/// - `Scl::Gatekeepers`: 1 read, 1 written
	/// - `Scl::SuspendedByRules`: 0 read, 1 written
	/// - `System::Account`: 2 read, 2 written
	fn exclude() -> Weight {
		// The shortest run took 81.6 µs.
		Weight::from_parts(92_000_000, 1_104)
			.saturating_add(T::DbWeight::get().reads(6))
			.saturating_add(T::DbWeight::get().writes(11))
	}

	/// - `Balances::Holds`: 1 read, 1 written
	/// - `Drn::Challenges`: 1 read, 1 written
	/// - `Drn::CurrentRules`: 1 read, 0 written
	/// - `Drn::Due`: 0 read, 2 written
	/// - `Drn::Members`: 1 read, 1 written
	/// - `Drn::Reported`: 1 read, 1 written
	/// - `Drn::Rulings`: 0 read, 1 written
	/// - `Scl::Gatekeepers`: 2 read, 1 written
	/// - `Scl::SuspendedByRules`: 0 read, 1 written
	/// - `System::Account`: 2 read, 2 written
	fn report() -> Weight {
		// Not measured yet: that of `judge`, and the list of reports.
		Weight::from_parts(110_000_000, 2_500)
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().writes(11))
	}

	/// - `Drn::CurrentRules`: 0 read, 1 written
	fn set_rules() -> Weight {
		// Not measured yet: one value is checked and written.
		Weight::from_parts(10_000_000, 100)
			.saturating_add(T::DbWeight::get().writes(1))
	}

	/// - `Balances::Holds`: 1 read, 1 written
	/// - `Drn::Challenges`: 1 read, 0 written
	/// - `Drn::CurrentRules`: 1 read, 0 written
	/// - `Drn::Due`: 2 read, 2 written
	/// - `Drn::Members`: 1 read, 1 written
	/// - `Drn::Reported`: 0 read, 1 written
	/// - `Drn::Rulings`: 0 read, 1 written
	/// - `Scl::Gatekeepers`: 1 read, 1 written
	/// - `Scl::SuspendedByRules`: 0 read, 1 written
	/// - `System::Account`: 2 read, 2 written
	fn miss() -> Weight {
		// The shortest run took 83.8 µs.
		Weight::from_parts(96_000_000, 1_200)
			.saturating_add(T::DbWeight::get().reads(9))
			.saturating_add(T::DbWeight::get().writes(10))
	}

	/// - `Drn::Due`: 1 read, 0 written
	/// - `Drn::NextDue`: 1 read, 1 written
	fn next_block() -> Weight {
		// The shortest run took 6.7 µs.
		Weight::from_parts(7_020_000, 141)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(1))
	}
}
