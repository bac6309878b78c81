//! Weights of the pallet's work. Most of it is done for contracts, through a chain extension that charges it before.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What the pallet's work costs.
pub trait WeightInfo {
	/// Entering a member.
	fn enrol() -> Weight;
	/// Creating a role.
	fn create_role() -> Weight;
	/// Giving a role.
	fn grant() -> Weight;
	/// Rotating the key of a role with `m` members.
	fn rotate(m: u32) -> Weight;
	/// Putting or resealing a value with `c` copies.
	fn put(c: u32) -> Weight;
	/// Removing a value.
	fn remove() -> Weight;
	/// Reading a value.
	fn get() -> Weight;
	/// Reading a role.
	fn role() -> Weight;
	/// Reading a grant.
	fn grant_of() -> Weight;
	/// Weight of `clear` with `n` items.
	fn clear(n: u32) -> Weight;
}

/// Upper estimates: the database accesses, plus a constant for the work around them. They stand in for benchmarks, and
/// err on the dear side.
pub struct EstimatedWeight<T>(PhantomData<T>);

/// Reference time of any work without its database accesses, in picoseconds.
const BASE: u64 = 50_000_000;

/// Reference time of taking in a value of the largest size.
const VALUE: u64 = 400_000_000;

fn estimate<T: frame_system::Config>(ref_time: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(ref_time, 4 * 1024).saturating_add(T::DbWeight::get().reads_writes(reads, writes))
}

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	fn enrol() -> Weight {
		estimate::<T>(BASE, 2, 2)
	}

	fn create_role() -> Weight {
		estimate::<T>(BASE, 2, 3)
	}

	fn grant() -> Weight {
		estimate::<T>(BASE, 3, 2)
	}

	fn rotate(m: u32) -> Weight {
		let m = u64::from(m);
		let reads = m.saturating_mul(2).saturating_add(2);
		estimate::<T>(BASE.saturating_add(m.saturating_mul(BASE / 2)), reads, m.saturating_add(3))
	}

	fn put(c: u32) -> Weight {
		estimate::<T>(VALUE, u64::from(c).saturating_add(2), 2)
	}

	fn remove() -> Weight {
		estimate::<T>(VALUE, 1, 2)
	}

	fn get() -> Weight {
		estimate::<T>(VALUE, 1, 0)
	}

	fn role() -> Weight {
		estimate::<T>(BASE, 1, 0)
	}

	fn grant_of() -> Weight {
		estimate::<T>(BASE, 1, 0)
	}

	fn clear(n: u32) -> Weight {
		let n = u64::from(n);
		estimate::<T>(BASE.saturating_add(n.saturating_mul(BASE / 5)), n.saturating_add(7), n)
	}
}
