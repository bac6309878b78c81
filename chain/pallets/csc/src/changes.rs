//! Changes as a contract hands them in: nothing of them is trusted.

use crate::{
	types::{Key, MediaType, Refusal, Value},
	MAX_INLINE_BYTES, MAX_KEY_BYTES, MAX_MEDIA_TYPE_BYTES,
};
use alloc::vec::Vec;
use codec::{Compact, Decode, Encode};

/// Changes in one call, at most.
pub const MAX_CHANGES: u32 = 2_048;

/// SCALE bytes of all changes in one call, at most.
pub const MAX_CHANGES_BYTES: u32 = 512 * 1024;

/// What a key is to stand for.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum NewValue {
	/// The bytes themselves.
	Inline(Vec<u8>),
	/// An artefact kept elsewhere, by its SHA-256 and its size in bytes.
	Artifact { digest: [u8; 32], size: u64 },
}

/// One change of a section.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub enum Change {
	/// Gives a key a value, whether it had one or not.
	Set { key: Vec<u8>, value: NewValue, media_type: Vec<u8> },
	/// Takes a key away.
	Remove { key: Vec<u8> },
}

/// A change that can be made as far as it alone can tell; `None` takes the key away.
pub struct Checked {
	pub key: Key,
	pub entry: Option<(Value, MediaType)>,
}

/// Reads a list of changes: its length first, so that no list is taken in that would be refused for its length.
///
/// Fails with `ChangesTooLarge`, `TooManyChanges` or `MalformedInput`.
pub fn decode(mut bytes: &[u8]) -> Result<Vec<Change>, Refusal> {
	if bytes.len() > MAX_CHANGES_BYTES as usize {
		return Err(Refusal::ChangesTooLarge);
	}
	let Compact(length) = Compact::<u32>::decode(&mut bytes).map_err(|_| Refusal::MalformedInput)?;
	if length > MAX_CHANGES {
		return Err(Refusal::TooManyChanges);
	}
	let changes = (0..length).map(|_| Change::decode(&mut bytes)).collect::<Result<Vec<_>, _>>();
	match changes {
		Ok(changes) if bytes.is_empty() => Ok(changes),
		_ => Err(Refusal::MalformedInput),
	}
}

impl Change {
	/// Checks what can be known without the section; `change` is its position in the call.
	///
	/// Fails with `InvalidKey`, `InvalidMediaType` or `ValueTooLarge`.
	pub fn check(self, change: u32) -> Result<Checked, Refusal> {
		let (key, entry) = match self {
			Self::Set { key, value, media_type } => (key, Some((value, media_type))),
			Self::Remove { key } => (key, None),
		};
		let key = Some(key).filter(|key| is_path(key)).and_then(|key| key.try_into().ok());
		let key = key.ok_or(Refusal::InvalidKey { change })?;
		let Some((value, media_type)) = entry else { return Ok(Checked { key, entry: None }) };
		let media_type = Some(media_type).filter(|text| is_media_type(text)).and_then(|text| text.try_into().ok());
		let media_type = media_type.ok_or(Refusal::InvalidMediaType { change })?;
		let value = match value {
			NewValue::Inline(bytes) => Value::Inline(bytes.try_into().map_err(|_| Refusal::ValueTooLarge { change })?),
			NewValue::Artifact { digest, size } => Value::Artifact { digest, size },
		};
		Ok(Checked { key, entry: Some((value, media_type)) })
	}
}

/// Lower-case letters, digits, hyphens, dots and slashes; 1 to [`MAX_KEY_BYTES`] bytes.
pub fn is_path(key: &[u8]) -> bool {
	(1..=MAX_KEY_BYTES as usize).contains(&key.len())
		&& key
			.iter()
			.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b'/'))
}

/// Bytes that print; 1 to [`MAX_MEDIA_TYPE_BYTES`] of them.
pub fn is_media_type(text: &[u8]) -> bool {
	(1..=MAX_MEDIA_TYPE_BYTES as usize).contains(&text.len())
		&& text.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ')
}

// A value that fits a call has to fit in with its key and its type.
const _: () = assert!(MAX_INLINE_BYTES + MAX_KEY_BYTES + MAX_MEDIA_TYPE_BYTES < MAX_CHANGES_BYTES);
