mod apply;
mod fuzz;
mod input;
mod reading;
#[cfg(feature = "try-runtime")]
mod state;
mod weights;

use crate::changes::{Change, NewValue};

/// Sets a key to some text.
fn set(key: &str, text: &str) -> Change {
	Change::Set { key: key.into(), value: NewValue::Inline(text.into()), media_type: b"text/plain".to_vec() }
}

/// Removes a key.
fn remove(key: &str) -> Change {
	Change::Remove { key: key.into() }
}

/// A key that fits.
fn key(name: &str) -> crate::Key {
	name.as_bytes().to_vec().try_into().expect("key fits")
}
