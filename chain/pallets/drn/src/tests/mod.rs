mod attestations;
mod challenges;
mod fuzz;
mod heartbeats;
mod membership;
mod migration;
mod oversight;
mod rules;
#[cfg(feature = "try-runtime")]
mod state;
mod weights;

use crate::{mock::*, Error, Event, HoldReason, Members, ReasonOf, State};
use frame_support::{assert_noop, assert_ok, traits::fungible::InspectHold};
use sp_runtime::DispatchError;

fn signed(account: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(account)
}

fn join(account: u64) {
	assert_ok!(Drn::join(signed(account)));
}

fn held(account: u64) -> u64 {
	Balances::balance_on_hold(&HoldReason::Collateral.into(), &account)
}

fn state(account: u64) -> Option<State<u64>> {
	Members::<Test>::get(account).map(|member| member.state)
}

fn strikes(account: u64) -> u32 {
	Members::<Test>::get(account).map_or(0, |member| member.strikes)
}

/// What was decided of an account last, and why.
fn ruling(account: u64) -> Option<(crate::Decision, ReasonOf<Test>)> {
	crate::Rulings::<Test>::get(account).map(|ruling| (ruling.decision, ruling.because))
}
