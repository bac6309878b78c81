//! Weights of the pallet's work. Most of it is done for contracts, through a chain extension that charges it before.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What the pallet's work costs.
pub trait WeightInfo {
	/// Submitting a ticket.
	fn submit() -> Weight;
	/// Closing a ticket.
	fn close() -> Weight;
	/// Forgetting a ticket.
	fn forget() -> Weight;
	/// Reading a ticket.
	fn ticket() -> Weight;
	/// Letting one ticket expire.
	fn expire() -> Weight;
	/// Finding that no ticket expires in a block.
	fn next_block() -> Weight;
	/// Weight of `clear` with `n` tickets.
	fn clear(n: u32) -> Weight;
}

/// Upper estimates: the database accesses, plus a constant for the work around them. They stand in for benchmarks, and
/// err on the dear side.
pub struct EstimatedWeight<T>(PhantomData<T>);

/// Reference time of any work without its database accesses, in picoseconds.
const BASE: u64 = 30_000_000;

fn estimate<T: frame_system::Config>(times: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(BASE.saturating_mul(times), 4 * 1024)
		.saturating_add(T::DbWeight::get().reads_writes(reads, writes))
}

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	fn submit() -> Weight {
		estimate::<T>(1, 2, 3)
	}

	fn close() -> Weight {
		estimate::<T>(1, 1, 2)
	}

	fn forget() -> Weight {
		estimate::<T>(1, 1, 2)
	}

	fn ticket() -> Weight {
		estimate::<T>(1, 1, 0)
	}

	fn expire() -> Weight {
		estimate::<T>(1, 2, 2)
	}

	fn next_block() -> Weight {
		estimate::<T>(1, 2, 1)
	}

	fn clear(n: u32) -> Weight {
		let n = u64::from(n);
		estimate::<T>(n.saturating_add(1), n.saturating_add(1), n.saturating_mul(2))
	}
}
