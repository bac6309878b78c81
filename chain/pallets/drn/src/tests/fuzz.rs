//! Random sequences of calls leave the storage sound after each of them, and no token is made or lost.

use super::*;
use crate::{CurrentRules, Fault, Rules, WeightInfo};
use frame_support::traits::Hooks;
use pallet_scl::GatekeeperRole;
use proptest::{collection::vec, prelude::*, test_runner::Config};

/// Sequences to try: `FUZZ_SEQUENCES`, or 2,000.
fn sequences() -> u32 {
	std::env::var("FUZZ_SEQUENCES").ok().and_then(|count| count.parse().ok()).unwrap_or(2_000)
}

#[derive(Clone, Debug)]
enum Step {
	Join(u64),
	Classify { by: u64, account: u64 },
	Heartbeat(u64),
	Challenge { by: u64, account: u64 },
	Respond(u64),
	Judge { account: u64, right: bool },
	Leave(u64),
	Withdraw(u64),
	Exclude { by: Option<u64>, account: u64 },
	Report { by: u64, account: u64, fault: usize, evidence: u8 },
	Bind { account: u64, guard: u64 },
	Attest { guard: u64, age: u64, manifest: u8, intact: bool, proved: bool },
	Manifest { by: u64, account: u64, manifest: u8 },
	Rules { term: u64, suspend_at: u32, exclude_at: u32, readmit_after: u32 },
	Register(u64),
	Spend(u64),
	Blocks { count: u64, misses: u64 },
}

fn step() -> impl Strategy<Value = Step> {
	let account = || 1u64..5;
	let by = || prop_oneof![8 => Just(MAIN), 1 => Just(OTHER_MAIN), 1 => Just(1)];
	prop_oneof![
		4 => account().prop_map(Step::Join),
		1 => (by(), account()).prop_map(|(by, account)| Step::Classify { by, account }),
		4 => account().prop_map(Step::Heartbeat),
		4 => (by(), account()).prop_map(|(by, account)| Step::Challenge { by, account }),
		4 => account().prop_map(Step::Respond),
		3 => (account(), any::<bool>()).prop_map(|(account, right)| Step::Judge { account, right }),
		2 => account().prop_map(Step::Leave),
		2 => account().prop_map(Step::Withdraw),
		1 => (prop::option::of(by()), account()).prop_map(|(by, account)| Step::Exclude { by, account }),
		3 => (by(), account(), 0usize..12, 0u8..40)
			.prop_map(|(by, account, fault, evidence)| Step::Report { by, account, fault, evidence }),
		1 => (1u64..12, 0u32..5, 0u32..8, 0u32..5).prop_map(|(term, suspend_at, exclude_at, readmit_after)| {
			Step::Rules { term, suspend_at, exclude_at, readmit_after }
		}),
		3 => (account(), 0u64..4).prop_map(|(account, free)| Step::Bind { account, guard: account * 10 % 40 + free }),
		6 => (0u64..44, 0u64..7, 0u8..8, 0u8..12, 0u8..6).prop_map(|(guard, age, manifest, verdict, proof)| {
			// Most attestations are good ones.
			Step::Attest { guard, age, manifest: manifest / 6, intact: verdict > 0, proved: proof > 0 }
		}),
		1 => (by(), account(), 0u8..2).prop_map(|(by, account, manifest)| Step::Manifest { by, account, manifest }),
		1 => account().prop_map(Step::Register),
		1 => account().prop_map(Step::Spend),
		6 => (1u64..8, 0u64..4).prop_map(|(count, misses)| Step::Blocks { count, misses }),
	]
}

fn run(step: Step) {
	// What a step returns doesn't matter here: the storage has to be sound either way.
	let _ = match step {
		Step::Join(account) => Drn::join(signed(account)),
		Step::Classify { by, account } => {
			Drn::classify(signed(by), account, b"compute".to_vec().try_into().expect("class fits"))
		}
		Step::Heartbeat(account) => Drn::heartbeat(signed(account), [1; 32]).map(drop).map_err(|error| error.error),
		Step::Challenge { by, account } => Drn::challenge(signed(by), account),
		Step::Respond(account) => Drn::respond(signed(account), [2; 32]),
		Step::Judge { account, right } => Drn::judge(signed(MAIN), account, right),
		Step::Leave(account) => Drn::leave(signed(account)),
		Step::Withdraw(account) => Drn::withdraw(signed(account)),
		Step::Exclude { by, account } => Drn::exclude(by.map_or(RuntimeOrigin::root(), signed), account),
		Step::Report { by, account, fault, evidence } => {
			// Most reports are of refused operations: a deviation ends it.
			let faults = [Fault::Deviates, Fault::Silent, Fault::Wrong];
			Drn::report(signed(by), account, *faults.get(fault).unwrap_or(&Fault::Refused), [evidence; 32])
		}
		Step::Rules { term, suspend_at, exclude_at, readmit_after } => {
			let fatal = CurrentRules::<Test>::get().fatal;
			let (heartbeat_term, attest_term) = (term, 12 - term);
			let rules = Rules { heartbeat_term, suspend_at, exclude_at, readmit_after, fatal, attest_term };
			Drn::set_rules(RuntimeOrigin::root(), rules)
		}
		Step::Bind { account, guard } => Drn::bind_guard(signed(account), guard),
		Step::Attest { guard, age, manifest, intact, proved } => {
			let block = System::block_number().saturating_sub(age);
			let account = crate::Guards::<Test>::get(guard).unwrap_or_default();
			let proof = Drn::attestation_proof(System::block_hash(block), &account, [manifest; 32], intact);
			let proof = if proved { proof } else { [0; 32] };
			Drn::attest(signed(guard), block, [manifest; 32], intact, proof).map(drop).map_err(|error| error.error)
		}
		Step::Manifest { by, account, manifest } => Drn::set_manifest(signed(by), account, [manifest; 32]),
		Step::Register(account) => {
			Gatekeepers::mutate(|listed| listed.insert(account, (region("eu-1"), GatekeeperRole::Client)));
			Ok(())
		}
		Step::Spend(account) => Balances::transfer_allow_death(signed(account), MAIN, 30),
		Step::Blocks { count, misses } => {
			type Weights = <Test as crate::Config>::WeightInfo;
			let now = System::block_number() + count;
			for block in System::block_number()..now {
				know(block);
			}
			System::set_block_number(now);
			let weight = Weights::next_block().saturating_mul(6) + Weights::miss().saturating_mul(misses);
			assert!(Drn::on_idle(now, weight).all_lte(weight));
			Ok(())
		}
	};
}

proptest! {
	#![proptest_config(Config { failure_persistence: None, ..Config::with_cases(sequences()) })]

	#[test]
	fn any_sequence_of_calls_keeps_the_storage_sound(steps in vec(step(), 1..32)) {
		new_chain().execute_with(|| {
			let issuance = Balances::total_issuance();
			let mut excluded = Vec::new();
			for step in steps {
				run(step);
				Drn::check_state().expect("the pallet's storage is sound");
				assert_eq!(Balances::total_issuance(), issuance);
				assert!(excluded.iter().all(|account| state(*account) == Some(State::Excluded)));
				excluded = (1..5).filter(|account| state(*account) == Some(State::Excluded)).collect();
			}
		});
	}
}
