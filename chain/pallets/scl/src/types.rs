//! What the registry of contracts holds. Order and types of fields and variants are part of the encoding.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// Name of a region: lower-case letters, digits and hyphens.
pub type RegionId = BoundedVec<u8, ConstU32<32>>;

/// Name of a section: `<group>-section-<n>`.
pub type SectionName = BoundedVec<u8, ConstU32<64>>;

/// Highest layer of the infrastructure: 0 physical, 1 hosting, 2 computing environment, 3 client environment.
pub const MAX_LAYER: u8 = 3;

/// What a contract is for. The order is part of the encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum ContractKind {
	/// Keys and values that the infrastructure is configured by (CSC).
	Configuration,
	/// Acts on what configuration contracts say (OSC).
	Operation,
	/// Private data behind roles, lists and encryption (PSC).
	Privacy,
}

/// Where a contract lives, and what it was when it was registered.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ContractRecord<AccountId, Hash, BlockNumber> {
	/// Account of the contract.
	pub address: AccountId,
	/// Layer of the infrastructure that it serves, 0 to [`MAX_LAYER`].
	pub layer: u8,
	/// Hash of the contract's code when it was registered.
	pub code_hash: Hash,
	/// Block in which it was registered.
	pub since: BlockNumber,
	/// How often a contract was registered under this name, this time included: 1 for the first. It never repeats, not
	/// even after the name was free for a while.
	pub revision: u32,
}
