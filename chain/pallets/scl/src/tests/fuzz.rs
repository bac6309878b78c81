//! Random sequences of calls leave the storage sound after each of them.

use crate::{mock::*, ContractKind, GatekeeperRegistry, GatekeeperRole, SectionName, Standing};
use frame_support::weights::Weight;
use proptest::{collection::vec, prelude::*, test_runner::Config};

/// Sequences to try: `FUZZ_SEQUENCES`, or 2,000.
fn sequences() -> u32 {
	std::env::var("FUZZ_SEQUENCES").ok().and_then(|count| count.parse().ok()).unwrap_or(2_000)
}

#[derive(Clone, Debug)]
enum Step {
	Register { region: u8, kind: u8, section: u8, layer: u8, address: u64 },
	Unregister { region: u8, kind: u8, section: u8 },
	Enter { account: u64, region: u8 },
	Leave { account: u64 },
	Set { account: u64, region: u8, main: bool, standing: u8 },
	Exclude { account: u64 },
	Suspend { account: u64 },
	Readmit { account: u64 },
	Call { account: u64, fails: bool },
}

fn step() -> impl Strategy<Value = Step> {
	let account = 1u64..14;
	prop_oneof![
		(0u8..3, 0u8..3, 0u8..4, 0u8..5, 98u64..104).prop_map(|(region, kind, section, layer, address)| {
			Step::Register { region, kind, section, layer, address }
		}),
		(0u8..3, 0u8..3, 0u8..4).prop_map(|(region, kind, section)| Step::Unregister { region, kind, section }),
		(account.clone(), 0u8..3).prop_map(|(account, region)| Step::Enter { account, region }),
		account.clone().prop_map(|account| Step::Leave { account }),
		(account.clone(), 0u8..3, any::<bool>(), 0u8..3).prop_map(|(account, region, main, standing)| Step::Set {
			account,
			region,
			main,
			standing
		}),
		account.clone().prop_map(|account| Step::Exclude { account }),
		account.clone().prop_map(|account| Step::Suspend { account }),
		account.clone().prop_map(|account| Step::Readmit { account }),
		(account, any::<bool>()).prop_map(|(account, fails)| Step::Call { account, fails }),
	]
}

/// The last of the names is wrong.
fn region_of(number: u8) -> crate::RegionId {
	region(["eu-1", "eu-2", "EU"][number as usize])
}

fn section_of(number: u8) -> SectionName {
	["a-section-1", "a-section-2", "b-section-1", "b-section-0"][number as usize]
		.as_bytes()
		.to_vec()
		.try_into()
		.expect("name fits")
}

const KINDS: [ContractKind; 3] = [ContractKind::Configuration, ContractKind::Operation, ContractKind::Privacy];
const STANDINGS: [Standing; 3] = [Standing::Good, Standing::Suspended, Standing::Excluded];

fn run(step: Step) {
	let root = RuntimeOrigin::root;
	// What a step returns doesn't matter here: the storage has to be sound either way.
	match step {
		Step::Register { region, kind, section, layer, address } => {
			let (region, section) = (region_of(region), section_of(section));
			let _ = Scl::register_contract(root(), region, KINDS[kind as usize], section, layer, address);
		}
		Step::Unregister { region, kind, section } => {
			let _ = Scl::unregister_contract(root(), region_of(region), KINDS[kind as usize], section_of(section));
		}
		Step::Enter { account, region } => {
			let _ = Scl::register_gatekeeper(RuntimeOrigin::signed(account), region_of(region));
		}
		Step::Leave { account } => {
			let _ = Scl::leave_gatekeeper(RuntimeOrigin::signed(account));
		}
		Step::Set { account, region, main, standing } => {
			let role = if main { GatekeeperRole::Main } else { GatekeeperRole::Client };
			let _ = Scl::set_gatekeeper(root(), account, region_of(region), role, STANDINGS[standing as usize]);
		}
		Step::Exclude { account } => <Scl as GatekeeperRegistry<u64>>::exclude(&account),
		Step::Suspend { account } => <Scl as GatekeeperRegistry<u64>>::suspend(&account),
		Step::Readmit { account } => <Scl as GatekeeperRegistry<u64>>::readmit(&account),
		Step::Call { account, fails } => {
			let data = if fails { FAIL.to_vec() } else { Vec::new() };
			let allowed = Scl::is_gatekeeper(&account) && Scl::is_registered_contract(&100);
			let origin = RuntimeOrigin::signed(account);
			let result = Scl::call_contract(origin, 100, 0, Weight::zero(), None, data);
			assert_eq!(result.is_ok(), allowed && !fails);
		}
	}
}

proptest! {
	#![proptest_config(Config { failure_persistence: None, ..Config::with_cases(sequences()) })]

	#[test]
	fn any_sequence_of_calls_keeps_the_storage_sound(steps in vec(step(), 1..24)) {
		new_chain(Vec::new()).execute_with(|| {
			let issuance = Balances::total_issuance();
			for step in steps {
				run(step);
				Scl::check_state().expect("the pallet's storage is sound");
				assert_eq!(Balances::total_issuance(), issuance);
			}
		});
	}
}
