//! What the pallet holds. Order and types of fields and variants are part of the encoding.

use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{pallet_prelude::ConstU32, BoundedVec};
use scale_info::TypeInfo;

/// Longest name of a role, in bytes.
pub const MAX_ROLE_BYTES: u32 = 32;

/// Longest name of a value, in bytes.
pub const MAX_NAME_BYTES: u32 = 64;

/// Length of a sealed box of a key, in bytes: at least its ephemeral public key and its tag.
pub const MIN_SEALED_BYTES: u32 = 48;

/// Longest sealed box of a key, in bytes. One of 32 bytes takes 80.
pub const MAX_SEALED_BYTES: u32 = 128;

/// Largest ciphertext kept on chain, in bytes.
pub const MAX_BODY_BYTES: u32 = 15 * 1024;

/// Roles that one value is sealed to, at most.
pub const MAX_COPIES: u32 = 16;

/// Counts the keys of a role, from 1.
pub type Epoch = u32;

/// X25519 public key.
pub type PublicKey = [u8; 32];

/// Name of a role: a label.
pub type RoleName = BoundedVec<u8, ConstU32<MAX_ROLE_BYTES>>;

/// Name of a value: a path.
pub type ValueName = BoundedVec<u8, ConstU32<MAX_NAME_BYTES>>;

/// A key in a sealed box, which only the holder of the secret key that it is sealed to can open.
pub type Sealed = BoundedVec<u8, ConstU32<MAX_SEALED_BYTES>>;

/// Where a role stands.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Role {
	/// The epoch that its key is of.
	pub epoch: Epoch,
	pub public_key: PublicKey,
	/// How many hold the secret key of this epoch.
	pub members: u32,
}

/// The key of a role in one epoch.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct RoleKey {
	pub public_key: PublicKey,
	/// The secret key of the epoch before, sealed to this public key; `None` in the first epoch.
	pub previous: Option<Sealed>,
}

/// That a member holds a role.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Grant {
	/// The epoch that the secret key is of: the role's.
	pub epoch: Epoch,
	/// The member's key that it is sealed to.
	pub member_key: PublicKey,
	/// The role's secret key.
	pub secret: Sealed,
}

/// What a value is, to those who can't open it.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Body {
	/// The ciphertext.
	Inline(BoundedVec<u8, ConstU32<MAX_BODY_BYTES>>),
	/// A ciphertext that is kept elsewhere, which whoever fetches it checks against this.
	Artifact {
		/// SHA-256 of its bytes.
		digest: [u8; 32],
		/// Its size in bytes.
		size: u64,
	},
}

/// The data key of a value, for one role.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ValueCopy {
	pub role: RoleName,
	/// The epoch of the role whose public key it is sealed to.
	pub epoch: Epoch,
	pub key: Sealed,
}

/// A sealed value.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Value {
	pub body: Body,
	/// The data key for each role that may read it.
	pub copies: BoundedVec<ValueCopy, ConstU32<MAX_COPIES>>,
	/// How often it was stored, this time included. It never repeats, not even after the value was removed.
	pub version: u32,
	/// BLAKE2b-256 of the SCALE bytes of the value that it replaced; `None` for a new one.
	pub previous: Option<[u8; 32]>,
}

/// How much was added to the chain's storage and taken from it, by what is to be paid for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StorageUse {
	pub bytes_added: u32,
	pub bytes_removed: u32,
	pub items_added: u32,
	pub items_removed: u32,
}

impl StorageUse {
	/// Counts an item that was added.
	pub(crate) fn add(&mut self, key: &impl Encode, value: &impl Encode) {
		self.items_added = self.items_added.saturating_add(1);
		self.bytes_added = self.bytes_added.saturating_add(size(key, value));
	}

	/// Counts an item that was removed.
	pub(crate) fn remove(&mut self, key: &impl Encode, value: &impl Encode) {
		self.items_removed = self.items_removed.saturating_add(1);
		self.bytes_removed = self.bytes_removed.saturating_add(size(key, value));
	}
}

fn size(key: &impl Encode, value: &impl Encode) -> u32 {
	u32::try_from(key.encoded_size().saturating_add(value.encoded_size())).unwrap_or(u32::MAX)
}

/// Why nothing was changed. The order is part of the encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, TypeInfo)]
pub enum Refusal {
	/// A role's name is a label of 32 bytes at most; a value's is a path of 64.
	InvalidName,
	/// There is a role of this name.
	RoleExists,
	/// There is no role of this name.
	NoRole,
	/// The epoch isn't the role's any more, or not yet.
	StaleEpoch,
	/// The public key was used before.
	KeyReused,
	/// The member hasn't enrolled.
	NotEnrolled,
	/// The copy is sealed to another key than the member's.
	WrongMemberKey,
	/// The member holds this role's key already.
	AlreadyMember,
	/// The account doesn't have the role.
	NotAMember,
	/// The role would have more members than it may.
	TooManyMembers,
	/// The copies aren't those of exactly the members that remain.
	CopiesDontMatch,
	/// A new key of a role has to carry the one before, and the first none.
	PreviousMissing,
	/// A sealed box has a length that none can have.
	InvalidSealed,
	/// A value that is sealed to nobody.
	NoCopies,
	/// A value is sealed to more roles than it may be.
	TooManyCopies,
	/// A value has two copies for one role.
	DuplicateCopy,
	/// There is no value of this name.
	NoValue,
	/// Someone stored the value in between: the caller expected another version.
	VersionConflict,
	/// Epochs or versions have been used up.
	Overflow,
	/// The ciphertext is too large to be kept on chain.
	BodyTooLarge,
	/// The arguments are not the SCALE bytes of what they should be.
	MalformedInput,
}
