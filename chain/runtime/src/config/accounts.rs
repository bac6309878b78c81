//! What accounts do together or for each other: proxies, multisignatures, identities.

use super::tokens::deposit;
use crate::*;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::traits::{ConstU128, ConstU32, InstanceFilter};
use frame_system::EnsureRoot;
use scale_info::TypeInfo;
use sp_runtime::traits::BlakeTwo256;

/// What a proxy may do for an account. The order is part of the encoding.
#[derive(
	Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum ProxyType {
	/// Everything.
	Any,
	/// Vote, propose, and speak in the council.
	Governance,
	/// Bond, nominate, validate, set session keys.
	Staking,
	/// Operate the infrastructure: what a gatekeeper signs.
	Infrastructure,
	/// Only reject another proxy's announced call.
	CancelProxy,
}

impl Default for ProxyType {
	fn default() -> Self {
		Self::Any
	}
}

impl InstanceFilter<RuntimeCall> for ProxyType {
	fn filter(&self, call: &RuntimeCall) -> bool {
		// Each call of a batch passes through the filter by itself.
		let batch = matches!(call, RuntimeCall::Utility(..));
		match self {
			Self::Any => true,
			Self::Governance => {
				batch
					|| matches!(
						call,
						RuntimeCall::Council(..)
							| RuntimeCall::ConvictionVoting(..)
							| RuntimeCall::Preimage(..)
							| RuntimeCall::Referenda(..)
					)
			}
			Self::Staking => {
				batch
					|| matches!(
						call,
						RuntimeCall::NominationPools(..)
							| RuntimeCall::Session(..)
							| RuntimeCall::Staking(..)
							| RuntimeCall::VoterList(..)
					)
			}
			Self::Infrastructure => {
				batch ||
					matches!(
						call,
						RuntimeCall::Csc(..) |
							RuntimeCall::Drn(..) | RuntimeCall::Osc(..) |
							RuntimeCall::Psc(..) | RuntimeCall::Scl(..)
					)
			},
			Self::CancelProxy => matches!(call, RuntimeCall::Proxy(pallet_proxy::Call::reject_announcement { .. })),
		}
	}

	fn is_superset(&self, other: &Self) -> bool {
		*self == Self::Any || self == other
	}
}

impl pallet_proxy::Config for Runtime {
	type AnnouncementDepositBase = ConstU128<{ deposit(1, 8) }>;
	type AnnouncementDepositFactor = ConstU128<{ deposit(0, 66) }>;
	type BlockNumberProvider = System;
	type CallHasher = BlakeTwo256;
	type Currency = Balances;
	type MaxPending = ConstU32<32>;
	type MaxProxies = ConstU32<32>;
	type ProxyDepositBase = ConstU128<{ deposit(1, 8) }>;
	type ProxyDepositFactor = ConstU128<{ deposit(0, 33) }>;
	type ProxyType = ProxyType;
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_proxy::weights::SubstrateWeight<Self>;
}

impl pallet_multisig::Config for Runtime {
	type BlockNumberProvider = System;
	type Currency = Balances;
	type DepositBase = ConstU128<{ deposit(1, 88) }>;
	type DepositFactor = ConstU128<{ deposit(0, 32) }>;
	type MaxSignatories = ConstU32<100>;
	type RuntimeCall = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_multisig::weights::SubstrateWeight<Self>;
}

impl pallet_identity::Config for Runtime {
	type BasicDeposit = ConstU128<{ deposit(1, 258) }>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ();
	type ByteDeposit = ConstU128<{ deposit(0, 1) }>;
	type Currency = Balances;
	type ForceOrigin = EnsureRoot<AccountId>;
	type IdentityInformation = pallet_identity::legacy::IdentityInfo<ConstU32<32>>;
	type MaxRegistrars = ConstU32<20>;
	type MaxSubAccounts = ConstU32<100>;
	type MaxSuffixLength = ConstU32<7>;
	type MaxUsernameLength = ConstU32<32>;
	type OffchainSignature = Signature;
	type PendingUsernameExpiration = ConstU32<{ 7 * pace::DAYS }>;
	type RegistrarOrigin = EnsureRoot<AccountId>;
	type RuntimeEvent = RuntimeEvent;
	type SigningPublicKey = <Signature as sp_runtime::traits::Verify>::Signer;
	type Slashed = Treasury;
	type SubAccountDeposit = ConstU128<{ deposit(1, 53) }>;
	type UsernameAuthorityOrigin = EnsureRoot<AccountId>;
	type UsernameDeposit = ConstU128<{ deposit(1, 32) }>;
	type UsernameGracePeriod = ConstU32<{ 30 * pace::DAYS }>;
	type WeightInfo = pallet_identity::weights::SubstrateWeight<Self>;
}
