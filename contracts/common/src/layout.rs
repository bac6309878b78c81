//! A contract's code can be replaced while what it stored stays. New code that reads the old storage in another way would
//! turn it to nonsense, so the code names the layouts that it reads, and is asked before it is taken.

use crate::Refusal;
use ink::{
    env::{
        call::{build_call, ExecutionInput, Selector},
        set_code_hash, DefaultEnvironment,
    },
    prelude::vec::Vec,
    primitives::Hash,
};

/// Selector of the message `layout` in every contract.
const LAYOUT_SELECTOR: [u8; 4] = [0x4c, 0x41, 0x59, 0x4f];

/// How a contract's code lays out its storage.
#[derive(Clone, Debug, PartialEq, Eq)]
#[ink::scale_derive(Encode, Decode, TypeInfo)]
pub struct Layout {
    /// BLAKE2b-256 over names, keys and types of all that it stores, as its metadata gives them. A unit test of each
    /// contract compares it.
    pub digest: [u8; 32],
    /// Digests of older layouts that the code reads and changes as it goes.
    pub accepts: Vec<[u8; 32]>,
}

impl Layout {
    /// Whether code of this layout can go on with what code of layout `digest` stored.
    pub fn reads(&self, digest: &[u8; 32]) -> bool {
        self.digest == *digest || self.accepts.contains(digest)
    }
}

/// Replaces the running contract's code from the next call on, if the new code can read what is stored.
///
/// The new code is asked in this contract's own storage: code that can't even decode the root of it fails there. A
/// refusal undoes whatever that code did.
///
/// Fails with `LayoutMismatch`.
pub fn upgrade(current: &Layout, code_hash: Hash) -> Result<(), Refusal> {
    let answer = build_call::<DefaultEnvironment>()
        .delegate(code_hash)
        .exec_input(ExecutionInput::new(Selector::new(LAYOUT_SELECTOR)))
        .returns::<Layout>()
        .try_invoke();
    match answer {
        Ok(Ok(next)) if next.reads(&current.digest) => {
            set_code_hash::<DefaultEnvironment>(&code_hash).map_err(|_| Refusal::LayoutMismatch)
        }
        _ => Err(Refusal::LayoutMismatch),
    }
}

#[cfg(test)]
mod tests {
    use super::Layout;
    use ink::prelude::vec;

    #[test]
    fn code_reads_its_own_layout_and_those_it_names() {
        let layout = Layout { digest: [2; 32], accepts: vec![[1; 32]] };
        assert!(layout.reads(&[1; 32]) && layout.reads(&[2; 32]));
        assert!(!layout.reads(&[3; 32]));
    }
}
