//! Weights of the pallet's work. Most of it is done for contracts, through a chain extension that charges it before.

#[rustfmt::skip]
mod measured;

use frame_support::weights::Weight;
pub use measured::SubstrateWeight;

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
	/// Reading `c` changes of `b` bytes and hashing them.
	fn decode(c: u32, b: u32) -> Weight;
	/// Making `c` changes of a section that has `k` keys, beside [`WeightInfo::decode`].
	fn apply(c: u32, k: u32) -> Weight;
	/// Weight of `close_section` with `k` keys.
	fn close_section(k: u32) -> Weight;
}
