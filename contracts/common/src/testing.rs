//! What the contracts' tests share.

use crate::{EXTENSION_ID, MAY_CALL};
use ink::{
    env::{
        hash::{Blake2x256, CryptoHash},
        test, DefaultEnvironment,
    },
    metadata::layout::{Layout, LayoutKey, RootLayout},
    prelude::vec::Vec,
    primitives::AccountId,
    scale::{Decode, Encode},
    scale_info::{meta_type, IntoPortable, PortableRegistry, Registry, TypeInfo},
    storage::traits::{StorageKey, StorageLayout},
};

/// Stands in for the runtime's extension.
struct Runtime {
    strangers: Vec<AccountId>,
}

impl test::ChainExtension for Runtime {
    fn ext_id(&self) -> u16 {
        EXTENSION_ID
    }

    /// `input` is a vector in SCALE, as ink!'s off-chain environment passes it.
    fn call(&mut self, function: u16, input: &[u8], output: &mut Vec<u8>) -> u32 {
        assert_eq!(function, MAY_CALL, "the contracts call no other function");
        let account = Vec::<u8>::decode(&mut &input[..])
            .and_then(|bytes| AccountId::decode(&mut &bytes[..]))
            .expect("the argument is an account");
        (!self.strangers.contains(&account)).encode_to(output);
        0
    }
}

/// From here on in a test, every account is a gatekeeper in good standing but `strangers`.
pub fn gatekeepers_but(strangers: &[AccountId]) {
    test::register_chain_extension(Runtime { strangers: strangers.to_vec() });
}

/// The default accounts of ink!'s off-chain environment.
pub fn accounts() -> test::DefaultAccounts<DefaultEnvironment> {
    test::default_accounts::<DefaultEnvironment>()
}

/// The next calls come from this account.
pub fn call_as(account: AccountId) {
    test::set_caller::<DefaultEnvironment>(account);
}

/// The next calls happen in this block.
pub fn at_block(number: u32) {
    test::set_block_number::<DefaultEnvironment>(number);
}

/// Digest over the storage layout of a contract, as [`crate::Layout`] has it.
pub fn layout_digest<C: StorageKey + StorageLayout + TypeInfo + 'static>() -> [u8; 32] {
    let root = RootLayout::new(LayoutKey::from(C::KEY), <C as StorageLayout>::layout(&C::KEY), meta_type::<C>());
    let mut registry = Registry::new();
    let layout = Layout::Root(root).into_portable(&mut registry);
    let types = PortableRegistry::from(registry);
    let json = serde_json::to_vec(&(layout, types)).expect("a layout can be written as JSON");
    let mut digest = [0; 32];
    Blake2x256::hash(&json, &mut digest);
    digest
}
