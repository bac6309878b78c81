//! The types that the node shares with the chain's Wasm. Transactions stay opaque: only the Wasm looks inside.

use polkadot_sdk::*;
use sp_runtime::{generic, traits::BlakeTwo256, AccountId32, OpaqueExtrinsic};

pub type AccountId = AccountId32;
pub type Balance = u128;
pub type BlockNumber = u32;
pub type Hash = sp_core::H256;
pub type Nonce = u32;
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
pub type Block = generic::Block<Header, OpaqueExtrinsic>;
