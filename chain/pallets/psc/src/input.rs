//! What contracts hand in. Their encoding is that of what is stored, without its limits, which are checked here.

use crate::{
	names,
	types::{Body, Epoch, PublicKey, Refusal, RoleKey, RoleName, Sealed, ValueCopy, ValueName, MIN_SEALED_BYTES},
};
use alloc::vec::Vec;
use codec::{Decode, Encode};

/// A role's new key.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct NewRoleKey {
	pub public_key: PublicKey,
	/// The secret key of the epoch before, sealed to this public key.
	pub previous: Option<Vec<u8>>,
}

/// A role's secret key for a member.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct MemberCopy<AccountId> {
	pub member: AccountId,
	/// The member's key that it is sealed to.
	pub member_key: PublicKey,
	pub secret: Vec<u8>,
}

/// A value's data key for a role.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct NewCopy {
	pub role: Vec<u8>,
	/// The epoch of the role whose public key it is sealed to.
	pub epoch: Epoch,
	pub key: Vec<u8>,
}

/// What a value is to be.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum NewBody {
	/// The ciphertext.
	Inline(Vec<u8>),
	/// SHA-256 and size in bytes of a ciphertext that is kept elsewhere.
	Artifact { digest: [u8; 32], size: u64 },
}

/// Fails with `InvalidSealed`.
pub(crate) fn sealed(bytes: Vec<u8>) -> Result<Sealed, Refusal> {
	let long_enough = bytes.len() >= MIN_SEALED_BYTES as usize;
	Some(bytes).filter(|_| long_enough).and_then(|bytes| bytes.try_into().ok()).ok_or(Refusal::InvalidSealed)
}

/// Fails with `InvalidName`.
pub(crate) fn role_name(name: Vec<u8>) -> Result<RoleName, Refusal> {
	Some(name).filter(|name| names::is_label(name)).and_then(|name| name.try_into().ok()).ok_or(Refusal::InvalidName)
}

/// Fails with `InvalidName`.
pub(crate) fn value_name(name: Vec<u8>) -> Result<ValueName, Refusal> {
	Some(name).filter(|name| names::is_path(name)).and_then(|name| name.try_into().ok()).ok_or(Refusal::InvalidName)
}

impl NewRoleKey {
	/// The key of an epoch past the first. Fails with `PreviousMissing` or `InvalidSealed`.
	pub(crate) fn check(self) -> Result<RoleKey, Refusal> {
		let previous = self.previous.ok_or(Refusal::PreviousMissing)?;
		Ok(RoleKey { public_key: self.public_key, previous: Some(sealed(previous)?) })
	}
}

impl NewCopy {
	/// Fails with `InvalidName` or `InvalidSealed`.
	pub(crate) fn check(self) -> Result<ValueCopy, Refusal> {
		Ok(ValueCopy { role: role_name(self.role)?, epoch: self.epoch, key: sealed(self.key)? })
	}
}

impl NewBody {
	/// Fails with `BodyTooLarge`.
	pub(crate) fn check(self) -> Result<Body, Refusal> {
		Ok(match self {
			Self::Inline(bytes) => Body::Inline(bytes.try_into().map_err(|_| Refusal::BodyTooLarge)?),
			Self::Artifact { digest, size } => Body::Artifact { digest, size },
		})
	}
}
