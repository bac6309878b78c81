//! Inclusion proofs of RFC 9162 (Certificate Transparency), section 2.1.3.2, with SHA-256.

use ink::{
    env::hash::{CryptoHash, Sha2x256},
    prelude::vec::Vec,
};

/// Bits of a leaf's number: no path is longer.
pub const MAX_PATH: usize = 32;

/// Whether `leaf` is the piece at `index` of the `count` pieces that hash to `root`. `path` goes from the leaf's
/// neighbour up.
pub fn includes(root: &[u8; 32], count: u32, index: u32, leaf: &[u8], path: &[[u8; 32]]) -> bool {
    if index >= count || path.len() > MAX_PATH {
        return false;
    }
    let (mut position, mut last) = (index, count.saturating_sub(1));
    let mut hash = hash_of(0, leaf, &[]);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if position & 1 == 1 || position == last {
            hash = hash_of(1, sibling, &hash);
            // Where a subtree is cut short, its last node has no neighbour for some levels.
            while position & 1 == 0 && position != 0 {
                position >>= 1;
                last >>= 1;
            }
        } else {
            hash = hash_of(1, &hash, sibling);
        }
        position >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

fn hash_of(prefix: u8, left: &[u8], right: &[u8]) -> [u8; 32] {
    let mut input = Vec::with_capacity(left.len().saturating_add(right.len()).saturating_add(1));
    input.push(prefix);
    input.extend_from_slice(left);
    input.extend_from_slice(right);
    let mut hash = [0; 32];
    Sha2x256::hash(&input, &mut hash);
    hash
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Tree hash and path of section 2.1.1 and 2.1.3.1, by their recursive definitions.
    pub fn tree(leaves: &[Vec<u8>]) -> [u8; 32] {
        match leaves {
            [leaf] => hash_of(0, leaf, &[]),
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len()));
                hash_of(1, &tree(left), &tree(right))
            }
        }
    }

    pub fn path(leaves: &[Vec<u8>], index: usize) -> Vec<[u8; 32]> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let middle = split(leaves.len());
        let (left, right) = leaves.split_at(middle);
        let (mut rest, sibling) =
            if index < middle { (path(left, index), tree(right)) } else { (path(right, index - middle), tree(left)) };
        rest.push(sibling);
        rest
    }

    /// The largest power of two below `count`.
    fn split(count: usize) -> usize {
        count.next_power_of_two() / 2
    }

    #[test]
    fn every_piece_of_every_tree_is_included_and_nothing_else() {
        for count in 1..40usize {
            let leaves: Vec<Vec<u8>> = (0..count).map(|number| vec![number as u8; 3]).collect();
            let root = tree(&leaves);
            for index in 0..count {
                let path = path(&leaves, index);
                let holds = |index: usize, leaf: &[u8], path: &[[u8; 32]]| {
                    includes(&root, count as u32, index as u32, leaf, path)
                };
                assert!(holds(index, &leaves[index], &path), "{index} of {count}");
                assert!(!holds(index, b"other", &path));
                assert!(!holds(count, &leaves[index], &path));
                assert!(!holds(index ^ 1, &leaves[index], &path));
                assert!(!holds(index, &leaves[index], &[&path[..], &[[0; 32]]].concat()));
                if let Some((_, shorter)) = path.split_last() {
                    assert!(!holds(index, &leaves[index], shorter));
                }
            }
        }
        assert!(!includes(&[0; 32], 0, 0, b"", &[]));
        assert!(!includes(&[0; 32], u32::MAX, 0, b"", &[[0; 32]; MAX_PATH + 1]));
    }
}
