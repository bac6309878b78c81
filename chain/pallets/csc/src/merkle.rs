//! The tree over a section's entries, by which a reader who trusts a head checks entries that came from anyone.
//!
//! All hashes are BLAKE2b-256. Leaves stand in the byte order of their keys:
//!
//! - leaf: `hash(0x00 ‖ SCALE(key) ‖ hash(SCALE(entry)))`,
//! - node: `hash(0x01 ‖ left ‖ right)`; the last one of an odd row goes up as it is,
//! - no entries: 32 zero bytes.
//!
//! The first byte keeps leaves and nodes apart, and the head's count says how many leaves there are, so that two
//! different sections can't have one root.

use crate::types::{Digest, IndexItem};
use alloc::vec::Vec;
use codec::Encode;
use sp_io::hashing::blake2_256;

/// Root of a section without entries.
pub const EMPTY: Digest = [0; 32];

/// Hash of an entry under its key. `entry` is the BLAKE2b-256 of the entry's SCALE bytes.
pub fn leaf(key: &[u8], entry: &Digest) -> Digest {
	(0u8, key, entry).using_encoded(blake2_256)
}

/// Hash of two neighbours.
pub fn node(left: &Digest, right: &Digest) -> Digest {
	(1u8, left, right).using_encoded(blake2_256)
}

/// Root over the entries of an index, which is in the order of its keys. It costs two hashes an entry.
pub fn root(index: &[IndexItem]) -> Digest {
	let mut row: Vec<Digest> = index.iter().map(|item| leaf(&item.key, &item.digest)).collect();
	while row.len() > 1 {
		row = row
			.chunks(2)
			.filter_map(|pair| match pair {
				[left, right] => Some(node(left, right)),
				[last] => Some(*last),
				_ => None,
			})
			.collect();
	}
	row.first().copied().unwrap_or(EMPTY)
}

#[cfg(test)]
mod tests {
	use super::*;

	fn item(key: &str) -> IndexItem {
		let digest = blake2_256(key.as_bytes());
		IndexItem { key: key.as_bytes().to_vec().try_into().expect("key fits"), digest, size: 0 }
	}

	fn leaf_of(item: &IndexItem) -> Digest {
		leaf(&item.key, &item.digest)
	}

	#[test]
	fn one_entry_is_its_leaf_and_none_is_zeros() {
		assert_eq!(root(&[]), EMPTY);
		assert_eq!(root(&[item("a")]), leaf_of(&item("a")));
	}

	#[test]
	fn an_odd_leaf_goes_up_as_it_is() {
		let [a, b, c] = ["a", "b", "c"].map(item);
		let expected = node(&node(&leaf_of(&a), &leaf_of(&b)), &leaf_of(&c));
		assert_eq!(root(&[a, b, c]), expected);
	}

	#[test]
	fn leaves_and_nodes_hash_what_the_description_says() {
		let leaf_bytes = [&[0, 1 << 2, b'a'][..], &[7; 32]].concat();
		assert_eq!(leaf(b"a", &[7; 32]), blake2_256(&leaf_bytes));
		let node_bytes = [&[1][..], &[2; 32], &[3; 32]].concat();
		assert_eq!(node(&[2; 32], &[3; 32]), blake2_256(&node_bytes));
	}
}
