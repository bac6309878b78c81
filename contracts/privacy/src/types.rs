//! What the contract stores and speaks. Order and types of fields and variants are part of the encoding.

use crate::limits::{CHUNK_BYTES, MAX_DATA_BYTES, MAX_SEALED_BYTES, SEAL_BYTES};
use contract_common::refusals_into;
use ink::{prelude::vec::Vec, primitives::AccountId};

/// What a role is called by: a hash of its name.
pub type RoleId = [u8; 32];

/// What a value of a role is called by: a hash of its name.
pub type ValueId = [u8; 32];

/// An X25519 public key.
pub type PublicKey = [u8; 32];

/// What a member of a role may do. Each may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Access {
    /// Holds the role's key, and so reads its values.
    Reader,
    /// Changes values and anchors data.
    Writer,
    /// Gives and takes access, and changes the role's key.
    Keeper,
}

/// A group of accounts that share a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct RoleRecord {
    /// Number of its key, from 1: every rotation raises it.
    pub epoch: u32,
    /// Its values are sealed to this.
    pub public_key: PublicKey,
    /// How often anything of the role changed.
    pub version: u64,
    pub keepers: u32,
    /// Bytes of all its sealed values.
    pub bytes: u32,
}

/// A member's access, and the role's secret key sealed to the member.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Member {
    pub access: Access,
    pub share: Vec<u8>,
}

/// A value that only a role's members can open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct SealedValue {
    /// The value and its name, sealed to the role's key of this epoch.
    pub sealed: Vec<u8>,
    pub epoch: u32,
    /// How often it was set, from 1. A rotation doesn't count: the value stays the same.
    pub version: u64,
    /// Who set it.
    pub by: AccountId,
    /// Block in which it was set.
    pub since: u32,
}

/// A new key of a role, with everything that is sealed anew for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Rotation {
    pub public_key: PublicKey,
    /// For each member that remains, in any order, the new secret key sealed to it.
    pub shares: Vec<(AccountId, Vec<u8>)>,
    /// Each value of the role, in any order, sealed to the new key.
    pub values: Vec<(ValueId, Vec<u8>)>,
}

/// Data that is kept off chain, encrypted, known here by its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Anchor {
    /// Merkle tree hash of RFC 9162, with SHA-256, over the data in pieces of 1 KiB.
    pub root: [u8; 32],
    /// Its size in bytes.
    pub size: u64,
    pub by: AccountId,
    pub since: u32,
}

/// A holder is asked for one piece of anchored data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Challenge {
    pub role: RoleId,
    pub value: ValueId,
    pub holder: AccountId,
    /// The data as it was when this was asked.
    pub anchor: Anchor,
    /// Number of the piece, from 0.
    pub index: u32,
    /// First block in which an answer comes too late.
    pub deadline: u32,
}

/// Why a call was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Error {
    /// The caller is no gatekeeper in good standing.
    NotAGatekeeper,
    /// The caller's role doesn't allow this.
    NotAuthorized,
    /// The section's names or layer are not what the chain takes.
    InvalidSection,
    /// The contract would be left without an admin.
    LastAdmin,
    /// The account has no role.
    NoRole,
    /// The new code can't read what this contract has stored, or there is no such code.
    LayoutMismatch,
    /// A key is all zeros.
    InvalidKey,
    /// There is such a role already.
    RoleExists,
    /// There is no such role.
    UnknownRole,
    /// The account has no access to the role.
    NotAMember,
    /// The account has published no key to seal to.
    NoKey,
    /// The role would be left without a keeper.
    LastKeeper,
    /// A role has too many members.
    TooManyMembers,
    /// A role has too many values.
    TooManyValues,
    /// A sealed value is too small to be one, or too large; or a sealed key has another size than sealed keys have.
    InvalidSize,
    /// The role's values would be too large together.
    RoleTooLarge,
    /// Something was sealed to another key than the role's present one.
    WrongEpoch { actual: u32 },
    /// The role or value was changed in between: the caller worked from another version.
    VersionConflict { actual: u64 },
    /// There is no such value.
    UnknownValue,
    /// A rotation doesn't carry the remaining members and all values, each once.
    IncompleteRotation,
    /// There is no such data.
    UnknownData,
    /// The data's size is 0 or more than 1 TiB.
    InvalidData,
    /// There is no such challenge.
    UnknownChallenge,
    /// The challenge is for another holder.
    NotYourChallenge,
    /// The piece or the path is not of this data.
    WrongProof,
    /// The challenge's deadline has passed.
    DeadlinePassed,
    /// The challenge's deadline hasn't passed yet.
    DeadlineNotPassed,
    /// The contract has used up its numbers.
    Overflow,
}

refusals_into!(Error);

impl Anchor {
    /// How many pieces the data has. Sizes are checked when data is anchored, so that they fit.
    pub fn chunks(&self) -> u32 {
        u32::try_from(self.size.div_ceil(CHUNK_BYTES.into())).unwrap_or(u32::MAX)
    }

    /// Size of a piece in bytes; 0 for one that the data doesn't have.
    pub fn chunk_bytes(&self, index: u32) -> usize {
        let start = u64::from(index).saturating_mul(CHUNK_BYTES.into());
        usize::try_from(self.size.saturating_sub(start).min(CHUNK_BYTES.into())).unwrap_or(0)
    }
}

pub fn check_key(key: &PublicKey) -> Result<(), Error> {
    if *key == [0; 32] {
        Err(Error::InvalidKey)
    } else {
        Ok(())
    }
}

pub fn check_sealed(sealed: &[u8]) -> Result<(), Error> {
    if (SEAL_BYTES..=MAX_SEALED_BYTES).contains(&sealed.len()) {
        Ok(())
    } else {
        Err(Error::InvalidSize)
    }
}

pub fn check_data(size: u64) -> Result<(), Error> {
    if (1..=MAX_DATA_BYTES).contains(&size) {
        Ok(())
    } else {
        Err(Error::InvalidData)
    }
}
