//! What a section holds. Order and types of fields and variants are part of the encoding, which the configuration
//! contract and its readers share.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// Longest key, in bytes.
pub const MAX_KEY_BYTES: u32 = 128;

/// Longest media type, in bytes.
pub const MAX_MEDIA_TYPE_BYTES: u32 = 128;

/// Largest value kept on chain, in bytes.
pub const MAX_INLINE_BYTES: u32 = 15 * 1024;

/// BLAKE2b-256.
pub type Digest = [u8; 32];

/// A key: lower-case letters, digits, hyphens, dots and slashes.
pub type Key = BoundedVec<u8, ConstU32<MAX_KEY_BYTES>>;

/// How to read a value, such as `application/json`.
pub type MediaType = BoundedVec<u8, ConstU32<MAX_MEDIA_TYPE_BYTES>>;

/// What a key stands for.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Value {
	/// The bytes themselves.
	Inline(BoundedVec<u8, ConstU32<MAX_INLINE_BYTES>>),
	/// An artefact kept elsewhere, which whoever fetches it checks against this.
	Artifact {
		/// SHA-256 of its bytes.
		digest: [u8; 32],
		/// Its size in bytes.
		size: u64,
	},
}

/// A value, with what is known about it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Entry {
	pub value: Value,
	pub media_type: MediaType,
	/// Version of the section that set it.
	pub version: u64,
	/// BLAKE2b-256 of the SCALE bytes of the entry that it replaced; `None` for a new key.
	pub previous: Option<Digest>,
}

/// Where a section stands. A reader who knows it can check everything else of the section, whoever it came from.
#[derive(
	Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Head {
	/// How many times the section was changed.
	pub version: u64,
	/// BLAKE2b-256 of the digest before and the SCALE bytes of the changes; zeros before the first change.
	pub digest: Digest,
	/// How many keys there are.
	pub count: u32,
	/// Root of the Merkle tree over the entries, as [`crate::merkle`] makes it.
	pub root: Digest,
}

/// What the index of a section knows of an entry, so that a change needs not read it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct IndexItem {
	pub key: Key,
	/// BLAKE2b-256 of the entry's SCALE bytes.
	pub digest: Digest,
	/// Length of the entry's SCALE bytes.
	pub size: u32,
}

/// How much a change added to the chain's storage and took from it, by what is to be paid for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StorageUse {
	pub bytes_added: u32,
	pub bytes_removed: u32,
	pub items_added: u32,
	pub items_removed: u32,
}

/// Why a section was left as it was. `change` is the position of the culprit among the changes, from 0. The order is
/// part of the encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Refusal {
	/// The account has opened no section.
	NoSection,
	/// The account has opened its section already.
	SectionExists,
	/// Someone changed the section in between: the caller expected another version.
	VersionConflict { expected: u64, actual: u64 },
	/// A key is empty, too long, or has bytes other than `a-z 0-9 - . /`.
	InvalidKey { change: u32 },
	/// A media type is empty, too long, or has bytes that don't print.
	InvalidMediaType { change: u32 },
	/// A value is too large to be kept on chain.
	ValueTooLarge { change: u32 },
	/// A key that is to be removed doesn't exist.
	KeyNotFound { change: u32 },
	/// A key has two changes in one call.
	DuplicateKey { change: u32 },
	/// A call without changes.
	NoChanges,
	/// More changes than one call may carry.
	TooManyChanges,
	/// The changes of one call are too large together.
	ChangesTooLarge,
	/// The section would have more keys than it may.
	TooManyKeys,
	/// The section has used up its versions.
	VersionOverflow,
	/// The changes are not the SCALE bytes of a list of changes.
	MalformedInput,
}
