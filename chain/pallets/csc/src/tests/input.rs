use super::{remove, set};
use crate::{
	changes::{decode, MAX_CHANGES, MAX_CHANGES_BYTES},
	Refusal,
};
use codec::{Compact, Encode};

#[test]
fn what_was_encoded_is_read() {
	let changes = vec![set("a", "1"), remove("b")];
	assert_eq!(decode(&changes.encode()), Ok(changes));
	assert_eq!(decode(&[0]), Ok(vec![]));
}

#[test]
fn what_is_cut_short_too_long_or_no_change_is_refused() {
	let bytes = vec![set("a", "1"), remove("b")].encode();
	for length in 0..bytes.len() {
		assert_eq!(decode(&bytes[..length]), Err(Refusal::MalformedInput), "{length}");
	}
	assert_eq!(decode(&[&bytes[..], &[0]].concat()), Err(Refusal::MalformedInput));
	assert_eq!(decode(&[4, 9]), Err(Refusal::MalformedInput));
}

#[test]
fn a_list_that_says_it_is_too_long_is_not_read() {
	assert_eq!(decode(&Compact(MAX_CHANGES + 1).encode()), Err(Refusal::TooManyChanges));
	assert_eq!(decode(&Compact(u32::MAX).encode()), Err(Refusal::TooManyChanges));
	assert_eq!(decode(&vec![0; MAX_CHANGES_BYTES as usize + 1]), Err(Refusal::ChangesTooLarge));
}
