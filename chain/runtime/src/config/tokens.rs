//! The native token and the fees paid in it.

use super::treasury::TreasuryAccount;
use crate::*;
use frame_support::{
	parameter_types,
	traits::{
		fungible::{Balanced, Credit},
		tokens::imbalance::ResolveTo,
		ConstU128, ConstU32, ConstU8, OnUnbalanced,
	},
	weights::{ConstantMultiplier, IdentityFee},
};
use pallet_transaction_payment::{FungibleAdapter, Multiplier, TargetedFeeAdjustment};
use sp_runtime::{traits::Bounded, FixedPointNumber, Perquintill};

/// The least that an account holds.
pub const EXISTENTIAL_DEPOSIT: Balance = LOGOS / 1_000;

/// What is held back for keeping something on chain: a thousandth of a LOGOS an entry, a LOGOS for 100 kB.
pub const fn deposit(items: u32, bytes: u32) -> Balance {
	items as Balance * LOGOS / 1_000 + bytes as Balance * LOGOS / 100_000
}

impl pallet_balances::Config for Runtime {
	type AccountStore = System;
	type Balance = Balance;
	type DoneSlashHandler = ();
	type DustRemoval = ();
	type ExistentialDeposit = ConstU128<EXISTENTIAL_DEPOSIT>;
	type FreezeIdentifier = RuntimeFreezeReason;
	type MaxFreezes = ConstU32<50>;
	type MaxLocks = ConstU32<50>;
	type MaxReserves = ConstU32<50>;
	type ReserveIdentifier = [u8; 8];
	type RuntimeEvent = RuntimeEvent;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type RuntimeHoldReason = RuntimeHoldReason;
	type WeightInfo = pallet_balances::weights::SubstrateWeight<Self>;
}

parameter_types! {
	/// Blocks a quarter full leave fees as they are; fuller ones raise them.
	pub const TargetBlockFullness: Perquintill = Perquintill::from_percent(25);
	/// How fast fees follow: about a third a day at full load.
	pub AdjustmentVariable: Multiplier = Multiplier::saturating_from_rational(75, 1_000_000);
	/// An idle chain is ten times cheaper than a busy one, and not free.
	pub MinimumMultiplier: Multiplier = Multiplier::saturating_from_rational(1, 10);
	pub MaximumMultiplier: Multiplier = Bounded::max_value();
}

impl pallet_transaction_payment::Config for Runtime {
	type FeeMultiplierUpdate =
		TargetedFeeAdjustment<Self, TargetBlockFullness, AdjustmentVariable, MinimumMultiplier, MaximumMultiplier>;
	type LengthToFee = ConstantMultiplier<Balance, ConstU128<1>>;
	type OnChargeTransaction = FungibleAdapter<Balances, ShareOfFees>;
	type OperationalFeeMultiplier = ConstU8<5>;
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_transaction_payment::weights::SubstrateWeight<Self>;
	type WeightToFee = IdentityFee<Balance>;
}

/// Fees go to the treasury, tips to the author of the block.
pub struct ShareOfFees;

impl OnUnbalanced<Credit<AccountId, Balances>> for ShareOfFees {
	fn on_unbalanceds(mut fee_then_tip: impl Iterator<Item = Credit<AccountId, Balances>>) {
		if let Some(fee) = fee_then_tip.next() {
			ResolveTo::<TreasuryAccount, Balances>::on_unbalanced(fee);
		}
		if let (Some(tip), Some(author)) = (fee_then_tip.next(), Authorship::author()) {
			// An author that was reaped and gets less than the existential deposit gets nothing; the tip is burnt.
			let _ = <Balances as Balanced<AccountId>>::resolve(&author, tip);
		}
	}
}
