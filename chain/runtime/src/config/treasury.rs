//! The community's purse: fees, slashes and what validators don't earn of an era's tokens flow into it; referenda spend it.

use super::governance::{
	origins::{Spender, Treasurer},
	Veto,
};
use crate::*;
use frame_support::{
	parameter_types,
	traits::{
		tokens::{PayFromAccount, UnityAssetBalanceConversion},
		ConstU128, ConstU32, EitherOf, MapSuccess,
	},
	PalletId,
};
use frame_system::EnsureRootWithSuccess;
use sp_runtime::{traits::Replace, Permill};

/// The most that a referendum on the spender's track pays out at once.
pub const SMALL_PAYMENT: Balance = 10_000 * LOGOS;

parameter_types! {
	pub const TreasuryId: PalletId = PalletId(*b"lg/trsry");
	pub const SpendPeriod: BlockNumber = pace::SPENDING;
	pub const PayoutPeriod: BlockNumber = pace::PAYOUT;
	pub const Burn: Permill = Permill::zero();
	pub const AnyAmount: Balance = Balance::MAX;
}

/// Account that holds the treasury.
pub type TreasuryAccount = pallet_treasury::TreasuryAccountId<Runtime>;

/// Who spends, and how much at once.
type SpendOrigin = EitherOf<
	EitherOf<EnsureRootWithSuccess<AccountId, AnyAmount>, MapSuccess<Treasurer, Replace<ConstU128<{ Balance::MAX }>>>>,
	MapSuccess<Spender, Replace<ConstU128<SMALL_PAYMENT>>>,
>;

impl pallet_treasury::Config for Runtime {
	type AssetKind = ();
	type BalanceConverter = UnityAssetBalanceConversion;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ();
	type Beneficiary = AccountId;
	type BeneficiaryLookup = <Self as frame_system::Config>::Lookup;
	type BlockNumberProvider = System;
	type Burn = Burn;
	type BurnDestination = ();
	type Currency = Balances;
	type MaxApprovals = ConstU32<100>;
	type PalletId = TreasuryId;
	type Paymaster = PayFromAccount<Balances, TreasuryAccount>;
	type PayoutPeriod = PayoutPeriod;
	type RejectOrigin = Veto;
	type RuntimeEvent = RuntimeEvent;
	type SpendFunds = ();
	type SpendOrigin = SpendOrigin;
	type SpendPeriod = SpendPeriod;
	type WeightInfo = pallet_treasury::weights::SubstrateWeight<Self>;
}
