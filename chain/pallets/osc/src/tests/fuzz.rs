//! Random sequences of calls leave the storage sound after each of them, and tickets as a plain map would have them.

use super::*;
use crate::{mock::*, State, WeightInfo};
use frame_support::traits::Hooks;
use proptest::{collection::vec, prelude::*, test_runner::Config};
use std::collections::BTreeMap;

/// Sequences to try: `FUZZ_SEQUENCES`, or 2,000.
fn sequences() -> u32 {
	std::env::var("FUZZ_SEQUENCES").ok().and_then(|count| count.parse().ok()).unwrap_or(2_000)
}

#[derive(Clone, Debug)]
enum Step {
	Submit { owner: u64, number: u8, term: u64, payload: u8 },
	Close { owner: u64, number: u8, outcome: u8 },
	Forget { owner: u64, number: u8 },
	Clear { owner: u64, items: u32 },
	Blocks { count: u64, expiries: u64 },
}

fn step() -> impl Strategy<Value = Step> {
	let (owner, number) = (1u64..3, 0u8..5);
	prop_oneof![
		4 => (owner.clone(), number.clone(), 0u64..25, 0u8..2)
			.prop_map(|(owner, number, term, payload)| Step::Submit { owner, number, term, payload }),
		3 => (owner.clone(), number.clone(), 0u8..2)
			.prop_map(|(owner, number, outcome)| Step::Close { owner, number, outcome }),
		2 => (owner.clone(), number).prop_map(|(owner, number)| Step::Forget { owner, number }),
		1 => (owner, 0u32..6).prop_map(|(owner, items)| Step::Clear { owner, items }),
		3 => (1u64..12, 0u64..4).prop_map(|(count, expiries)| Step::Blocks { count, expiries }),
	]
}

/// Deadline, payload and outcome of each ticket.
type Model = BTreeMap<(u64, u8), (u64, u8, Option<u8>)>;

fn run(step: Step, model: &mut Model) {
	let now = System::block_number();
	match step {
		Step::Submit { owner, number, term, payload } => {
			let allowed = match model.get(&(owner, number)) {
				Some((_, before, _)) => *before == payload,
				None => term <= MAX_TERM,
			};
			let deadline = now + term;
			let submitted = Osc::submit(&owner, id(number), deadline, [payload; 32]);
			assert_eq!(submitted.is_ok(), allowed);
			if allowed {
				model.entry((owner, number)).or_insert((deadline, payload, None));
			}
		}
		Step::Close { owner, number, outcome } => {
			let closed = Osc::close(&owner, id(number), outcome).is_ok();
			let ticket = model.get_mut(&(owner, number));
			let allowed = ticket.as_ref().is_some_and(|(deadline, _, before)| match before {
				Some(before) => *before == outcome,
				None => *deadline >= now,
			});
			assert_eq!(closed, allowed);
			if let (true, Some((_, _, before))) = (closed, ticket) {
				*before = Some(outcome);
			}
		}
		Step::Forget { owner, number } => {
			let ticket = model.get(&(owner, number));
			let over = ticket.is_some_and(|(deadline, _, outcome)| outcome.is_some() || *deadline < now);
			assert_eq!(Osc::forget(&owner, id(number)).is_ok(), over);
			if over {
				model.remove(&(owner, number));
			}
		}
		Step::Clear { owner, items } => {
			if Osc::clear(RuntimeOrigin::root(), owner, items).is_ok() {
				model.retain(|(of, _), _| *of != owner);
			}
		}
		Step::Blocks { count, expiries } => {
			System::set_block_number(now + count);
			type Weights = <Test as crate::Config>::WeightInfo;
			let weight = Weights::next_block().saturating_mul(4) + Weights::expire().saturating_mul(expiries);
			assert!(Osc::on_idle(now + count, weight).all_lte(weight));
		}
	}
}

proptest! {
	#![proptest_config(Config { failure_persistence: None, ..Config::with_cases(sequences()) })]

	#[test]
	fn any_sequence_of_calls_keeps_the_storage_sound(steps in vec(step(), 1..32)) {
		new_chain().execute_with(|| {
			let mut model = Model::new();
			for step in steps {
				run(step, &mut model);
				Osc::check_state().expect("the pallet's storage is sound");
			}
			for ((owner, number), (deadline, _, outcome)) in model {
				let expected = match outcome {
					Some(outcome) => State::Closed { outcome },
					None if deadline < System::block_number() => State::Expired,
					None => State::Open,
				};
				assert_eq!(Osc::ticket(&owner, &id(number)).map(|ticket| ticket.state), Some(expected));
			}
		});
	}
}
