//! # Runtime of the Logos chain
//!
//! A standalone chain: BABE makes blocks, GRANDPA makes them final, nominated proof of stake chooses who does either.
//! Contracts hold the configuration and the operation of the infrastructure, and the SCL pallet says where they live.

#![cfg_attr(not(feature = "std"), no_std)]
// The macros that compose the runtime nest deeper than the compiler's default allows.
#![recursion_limit = "512"]

extern crate alloc;

mod apis;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarks;
pub mod config;
pub mod genesis;
pub mod migrations;
pub mod pace;
#[cfg(test)]
mod tests;

// Macros of the SDK expand to code that names `Vec`.
use alloc::vec::Vec;
use polkadot_sdk::*;
use sp_runtime::{
	generic, impl_opaque_keys,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress, MultiSignature,
};
use sp_version::RuntimeVersion;

pub use apis::RUNTIME_API_VERSIONS;

pub type Signature = MultiSignature;
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
pub type Address = MultiAddress<AccountId, ()>;
/// Amount of the native token, in its smallest unit: a [`LOGOS`] has 10^12.
pub type Balance = u128;
pub type BlockNumber = u32;
pub type Hash = sp_core::H256;
pub type Nonce = u32;

pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
pub type UncheckedExtrinsic = generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;

/// What is checked of every transaction before it runs. Order and members are part of its signed form.
pub type TxExtension = (
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckEra<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
	pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
);

/// Runs blocks and the transactions in them.
pub type Executive =
	frame_executive::Executive<Runtime, Block, frame_system::ChainContext<Runtime>, Runtime, AllPalletsWithSystem>;

/// One token.
pub const LOGOS: Balance = 1_000_000_000_000;

impl_opaque_keys! {
	/// The keys that a validator works with.
	pub struct SessionKeys {
		pub babe: Babe,
		pub grandpa: Grandpa,
		pub authority_discovery: AuthorityDiscovery,
	}
}

/// Raise `spec_version` with every change of behaviour, `transaction_version` when a call's encoding changes.
macro_rules! version {
	($spec_version:tt) => {
		#[sp_version::runtime_version]
		pub const VERSION: RuntimeVersion = RuntimeVersion {
			spec_name: alloc::borrow::Cow::Borrowed("logos"),
			impl_name: alloc::borrow::Cow::Borrowed("logos"),
			authoring_version: 1,
			spec_version: $spec_version,
			impl_version: 1,
			apis: RUNTIME_API_VERSIONS,
			transaction_version: 3,
			system_version: 1,
		};
	};
}

#[cfg(not(feature = "next-version"))]
version!(4);
// The same runtime under the next number, for networks that try what an upgrade is like.
#[cfg(feature = "next-version")]
version!(5);

// A pallet's index is the first byte of its calls, events and errors: it never changes, and isn't used again.
#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;
	#[runtime::pallet_index(2)]
	pub type Babe = pallet_babe;
	#[runtime::pallet_index(3)]
	pub type Authorship = pallet_authorship;
	#[runtime::pallet_index(4)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(5)]
	pub type TransactionPayment = pallet_transaction_payment;
	#[runtime::pallet_index(6)]
	pub type Staking = pallet_staking;
	#[runtime::pallet_index(7)]
	pub type Session = pallet_session;
	#[runtime::pallet_index(8)]
	pub type Historical = pallet_session::historical;
	#[runtime::pallet_index(9)]
	pub type Grandpa = pallet_grandpa;
	#[runtime::pallet_index(10)]
	pub type Offences = pallet_offences;
	#[runtime::pallet_index(11)]
	pub type RandomnessCollectiveFlip = pallet_insecure_randomness_collective_flip;
	#[runtime::pallet_index(12)]
	pub type Contracts = pallet_contracts;
	#[runtime::pallet_index(13)]
	pub type Utility = pallet_utility;
	#[runtime::pallet_index(14)]
	pub type Sudo = pallet_sudo;
	#[runtime::pallet_index(15)]
	pub type Scheduler = pallet_scheduler;
	#[runtime::pallet_index(16)]
	pub type Preimage = pallet_preimage;
	#[runtime::pallet_index(17)]
	pub type Proxy = pallet_proxy;
	#[runtime::pallet_index(18)]
	pub type Multisig = pallet_multisig;
	#[runtime::pallet_index(19)]
	pub type Identity = pallet_identity;
	#[runtime::pallet_index(20)]
	pub type Scl = pallet_scl;
	#[runtime::pallet_index(21)]
	pub type Csc = pallet_csc;
	#[runtime::pallet_index(22)]
	pub type Osc = pallet_osc;
	#[runtime::pallet_index(23)]
	pub type Psc = pallet_psc;
	#[runtime::pallet_index(24)]
	pub type Drn = pallet_drn;
	#[runtime::pallet_index(25)]
	pub type Treasury = pallet_treasury;
	#[runtime::pallet_index(26)]
	pub type Council = pallet_collective<Instance1>;
	#[runtime::pallet_index(27)]
	pub type Referenda = pallet_referenda;
	#[runtime::pallet_index(28)]
	pub type ConvictionVoting = pallet_conviction_voting;
	#[runtime::pallet_index(29)]
	pub type Origins = config::governance::origins;
	#[runtime::pallet_index(30)]
	pub type VoterList = pallet_bags_list<Instance1>;
	#[runtime::pallet_index(31)]
	pub type NominationPools = pallet_nomination_pools;
	#[runtime::pallet_index(32)]
	pub type AuthorityDiscovery = pallet_authority_discovery;
	#[runtime::pallet_index(34)]
	pub type DelegatedStaking = pallet_delegated_staking;
}
