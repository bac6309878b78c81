//! The council and its veto.

use super::super::system::RuntimeBlockWeights;
use crate::*;
use core::marker::PhantomData;
use frame_support::{
	parameter_types,
	traits::{ConstU32, EitherOf, EnsureOrigin},
	weights::Weight,
};
use frame_system::EnsureRoot;
use pallet_collective::{EnsureProportionAtLeast, EnsureProportionMoreThan, Instance1};
use sp_runtime::Perbill;

/// The instance of the collective pallet that is the council.
pub type CouncilCollective = Instance1;

/// Members at most.
const MAX_MEMBERS: u32 = 13;

parameter_types! {
	pub const MotionDuration: BlockNumber = pace::MOTION;
	pub MaxProposalWeight: Weight = Perbill::from_percent(50) * RuntimeBlockWeights::get().max_block;
}

impl pallet_collective::Config<CouncilCollective> for Runtime {
	type Consideration = ();
	type DefaultVote = pallet_collective::PrimeDefaultVote;
	type DisapproveOrigin = EnsureRoot<AccountId>;
	type KillOrigin = EnsureRoot<AccountId>;
	type MaxMembers = ConstU32<MAX_MEMBERS>;
	type MaxProposalWeight = MaxProposalWeight;
	type MaxProposals = ConstU32<20>;
	type MotionDuration = MotionDuration;
	type Proposal = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type RuntimeOrigin = RuntimeOrigin;
	type SetMembersOrigin = EnsureRoot<AccountId>;
	type WeightInfo = pallet_collective::weights::SubstrateWeight<Self>;
}

/// Stops a referendum, or an approved payment, and gives the deposit back: more than half of the council in the first
/// phase, or a referendum.
pub type Veto =
	EitherOf<EnsureRoot<AccountId>, InFirstPhase<EnsureProportionMoreThan<AccountId, CouncilCollective, 1, 2>>>;

/// Stops a referendum whose deposit is lost, because it was meant to harm: two thirds of the council in the first phase,
/// or a referendum.
pub type Kill =
	EitherOf<EnsureRoot<AccountId>, InFirstPhase<EnsureProportionAtLeast<AccountId, CouncilCollective, 2, 3>>>;

/// Lets `Inner` through until the first phase is over. No referendum is needed to end it, so that the council can't
/// stop its own end.
pub struct InFirstPhase<Inner>(PhantomData<Inner>);

impl<Inner: EnsureOrigin<RuntimeOrigin>> EnsureOrigin<RuntimeOrigin> for InFirstPhase<Inner> {
	type Success = Inner::Success;

	fn try_origin(origin: RuntimeOrigin) -> Result<Self::Success, RuntimeOrigin> {
		if System::block_number() < pace::FIRST_PHASE {
			Inner::try_origin(origin)
		} else {
			Err(origin)
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn try_successful_origin() -> Result<RuntimeOrigin, ()> {
		Inner::try_successful_origin()
	}
}
