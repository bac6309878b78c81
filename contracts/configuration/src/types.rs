//! What the contract stores and speaks. Order and types of fields and variants are part of the encoding.

use crate::limits::{MAX_INLINE_BYTES, MAX_KEY_BYTES, MAX_MEDIA_TYPE_BYTES};
use contract_common::{is_path, is_text, refusals_into};
use ink::prelude::{string::String, vec::Vec};

/// What a key stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub enum Value {
    /// The bytes themselves.
    Inline(Vec<u8>),
    /// An artifact kept elsewhere, which whoever fetches it checks against this.
    Artifact {
        /// SHA-256 of its bytes.
        digest: [u8; 32],
        /// Its size in bytes.
        size: u64,
    },
}

/// A value, with what is known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Entry {
    pub value: Value,
    /// How to read the value, such as `application/json`.
    pub media_type: String,
    /// Version of the section that set it.
    pub version: u64,
    /// BLAKE2b-256 of the SCALE bytes of the entry that it replaced; `None` for a new key.
    pub previous: Option<[u8; 32]>,
}

/// One change of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Change {
    /// Gives a key a value, whether it had one or not.
    Set { key: String, value: Value, media_type: String },
    /// Takes a key away.
    Remove { key: String },
}

/// Where a section stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
#[cfg_attr(feature = "std", derive(ink::storage::traits::StorageLayout))]
pub struct Head {
    /// How many times the section was changed.
    pub version: u64,
    /// BLAKE2b-256 of the digest before and the SCALE bytes of the changes; zeros before the first change.
    pub digest: [u8; 32],
}

/// Why a call was refused. `change` is the position of the culprit in the call, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub enum Error {
    /// The caller's role doesn't allow this.
    NotAuthorized,
    /// Someone changed the section in between: the caller expected another version.
    VersionConflict { expected: u64, actual: u64 },
    /// The section's names or layer are not what the chain takes.
    InvalidSection,
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
    /// The contract would be left without an admin.
    LastAdmin,
    /// The account has no role.
    NoRole,
    /// The caller is no gatekeeper in good standing.
    NotAGatekeeper,
    /// The new code can't read what this contract has stored, or there is no such code.
    LayoutMismatch,
}

refusals_into!(Error);

impl Change {
    /// The key that it changes.
    pub fn key(&self) -> &str {
        match self {
            Self::Set { key, .. } | Self::Remove { key } => key,
        }
    }

    /// Checks what can be known without the section; `change` is its position in the call.
    pub fn check(&self, change: u32) -> Result<(), Error> {
        if !is_path(self.key(), MAX_KEY_BYTES) {
            return Err(Error::InvalidKey { change });
        }
        let Self::Set { value, media_type, .. } = self else { return Ok(()) };
        if !is_text(media_type, MAX_MEDIA_TYPE_BYTES) {
            return Err(Error::InvalidMediaType { change });
        }
        match value {
            Value::Inline(bytes) if bytes.len() > MAX_INLINE_BYTES => Err(Error::ValueTooLarge { change }),
            _ => Ok(()),
        }
    }
}
