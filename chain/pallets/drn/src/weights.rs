//! Weights of the calls.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What each call costs.
pub trait WeightInfo {
	/// Weight of `join`.
	fn join() -> Weight;
	/// Weight of `classify`.
	fn classify() -> Weight;
	/// Weight of `heartbeat`.
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
	/// Striking and excluding a member that missed a deadline.
	fn miss() -> Weight;
	/// Finding that nothing is due in a block.
	fn next_block() -> Weight;
}

/// Upper estimates: the database accesses of each call, plus a constant for the work around them. They stand in for
/// benchmarks, and err on the dear side.
pub struct EstimatedWeight<T>(PhantomData<T>);

fn estimate<T: frame_system::Config>(reads: u64, writes: u64) -> Weight {
	Weight::from_parts(50_000_000, 8 * 1024).saturating_add(T::DbWeight::get().reads_writes(reads, writes))
}

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	fn join() -> Weight {
		estimate::<T>(5, 5)
	}

	fn classify() -> Weight {
		estimate::<T>(2, 1)
	}

	fn heartbeat() -> Weight {
		estimate::<T>(2, 3)
	}

	fn challenge() -> Weight {
		// The randomness reads up to 81 block hashes, which are in one value.
		estimate::<T>(5, 3)
	}

	fn respond() -> Weight {
		estimate::<T>(2, 2)
	}

	fn judge() -> Weight {
		estimate::<T>(8, 9)
	}

	fn leave() -> Weight {
		estimate::<T>(2, 3)
	}

	fn withdraw() -> Weight {
		estimate::<T>(3, 3)
	}

	fn exclude() -> Weight {
		estimate::<T>(8, 9)
	}

	fn miss() -> Weight {
		estimate::<T>(8, 9)
	}

	fn next_block() -> Weight {
		estimate::<T>(2, 1)
	}
}
