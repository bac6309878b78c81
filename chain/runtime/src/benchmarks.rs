//! The pallets whose calls can be measured on this runtime (feature `runtime-benchmarks`). Nomination pools are not among
//! them: their benchmarks are written for the asynchronous staking pallet, which this chain doesn't have.

use crate::*;

frame_benchmarking::define_benchmarks!(
	[frame_benchmarking, BaselineBench::<Runtime>]
	[frame_election_provider_support, ElectionProviderBench::<Runtime>]
	[frame_system, SystemBench::<Runtime>]
	[frame_system_extensions, SystemExtensionsBench::<Runtime>]
	[pallet_babe, Babe]
	[pallet_bags_list, VoterList]
	[pallet_balances, Balances]
	[pallet_collective, Council]
	[pallet_contracts, Contracts]
	[pallet_conviction_voting, ConvictionVoting]
	[pallet_csc, Csc]
	[pallet_drn, Drn]
	[pallet_grandpa, Grandpa]
	[pallet_identity, Identity]
	[pallet_multisig, Multisig]
	[pallet_osc, Osc]
	[pallet_preimage, Preimage]
	[pallet_proxy, Proxy]
	[pallet_psc, Psc]
	[pallet_referenda, Referenda]
	[pallet_scheduler, Scheduler]
	[pallet_scl, Scl]
	[pallet_session, SessionBench::<Runtime>]
	[pallet_staking, Staking]
	[pallet_sudo, Sudo]
	[pallet_timestamp, Timestamp]
	[pallet_transaction_payment, TransactionPayment]
	[pallet_treasury, Treasury]
	[pallet_utility, Utility]
);

pub use frame_benchmarking::{baseline::Pallet as BaselineBench, BenchmarkBatch, BenchmarkList};
pub use frame_system_benchmarking::{extensions::Pallet as SystemExtensionsBench, Pallet as SystemBench};
pub use pallet_election_provider_support_benchmarking::Pallet as ElectionProviderBench;
pub use pallet_session_benchmarking::Pallet as SessionBench;

impl frame_benchmarking::baseline::Config for Runtime {}
impl frame_system_benchmarking::Config for Runtime {}
impl pallet_election_provider_support_benchmarking::Config for Runtime {}
impl pallet_transaction_payment::BenchmarkConfig for Runtime {}
impl pallet_session_benchmarking::Config for Runtime {
	fn generate_session_keys_and_proof(owner: AccountId) -> (SessionKeys, Vec<u8>) {
		let keys = SessionKeys::generate(&codec::Encode::encode(&owner), None);
		(keys.keys, codec::Encode::encode(&keys.proof))
	}
}
