//! Weights of the pallet's work. Most of it is done for contracts, through a chain extension that charges it before.

#[rustfmt::skip]
mod measured;

use frame_support::weights::Weight;
pub use measured::SubstrateWeight;

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
