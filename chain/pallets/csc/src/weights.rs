//! Weights of the pallet's work. Most of it is done for contracts, through a chain extension that charges it before.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// What the pallet's work costs.
pub trait WeightInfo {
	/// Opening a section.
	fn open() -> Weight;
	/// Reading a head.
	fn head() -> Weight;
	/// Reading an entry of the largest size.
	fn get() -> Weight;
	/// Reading the index of a section with `k` keys.
	fn keys(k: u32) -> Weight;
	/// Reading `b` bytes of changes and hashing them.
	fn decode(b: u32) -> Weight;
	/// Making `c` changes of a section that has `k` keys, beside [`WeightInfo::decode`].
	fn apply(c: u32, k: u32) -> Weight;
	/// Weight of `close_section` with `k` keys.
	fn close_section(k: u32) -> Weight;
}

/// Upper estimates: the database accesses, plus constants for the work around them. They stand in for benchmarks, and
/// err on the dear side.
pub struct EstimatedWeight<T>(PhantomData<T>);

/// Reference time of any work without its database accesses, in picoseconds.
const BASE: u64 = 20_000_000;

/// Reference time of a key in an index: decoded, compared, encoded and hashed twice.
const PER_KEY: u64 = 5_000_000;

/// Reference time of a byte that is read, decoded, encoded and hashed.
const PER_BYTE: u64 = 20_000;

fn base(ref_time: u64) -> Weight {
	Weight::from_parts(BASE.saturating_add(ref_time), 4 * 1024)
}

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	fn open() -> Weight {
		base(0).saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}

	fn head() -> Weight {
		base(0).saturating_add(T::DbWeight::get().reads(1))
	}

	fn get() -> Weight {
		base(u64::from(crate::MAX_INLINE_BYTES) * PER_BYTE).saturating_add(T::DbWeight::get().reads(1))
	}

	fn keys(k: u32) -> Weight {
		base(u64::from(k).saturating_mul(PER_KEY)).saturating_add(T::DbWeight::get().reads(1))
	}

	fn decode(b: u32) -> Weight {
		base(u64::from(b).saturating_mul(PER_BYTE))
	}

	fn apply(c: u32, k: u32) -> Weight {
		let keys = u64::from(c).saturating_mul(2).saturating_add(u64::from(k));
		base(keys.saturating_mul(PER_KEY))
			.saturating_add(T::DbWeight::get().reads_writes(2, u64::from(c).saturating_add(2)))
	}

	fn close_section(k: u32) -> Weight {
		base(u64::from(k).saturating_mul(PER_KEY))
			.saturating_add(T::DbWeight::get().reads_writes(2, u64::from(k).saturating_add(2)))
	}
}
