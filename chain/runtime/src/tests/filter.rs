use super::chain::*;
use crate::*;
use config::accounts::ProxyType;
use frame_support::traits::InstanceFilter;
use sp_keyring::Sr25519Keyring::*;
use sp_runtime::traits::Dispatchable;

fn transfer() -> RuntimeCall {
	pallet_balances::Call::transfer_keep_alive { dest: account(Bob).into(), value: LOGOS }.into()
}

fn vote() -> RuntimeCall {
	pallet_conviction_voting::Call::unlock { class: 0, target: account(Alice).into() }.into()
}

#[test]
fn a_proxy_does_what_its_type_says_and_no_more() {
	assert!(ProxyType::Any.filter(&transfer()));
	for limited in [ProxyType::Governance, ProxyType::Staking, ProxyType::Infrastructure, ProxyType::CancelProxy] {
		assert!(!limited.filter(&transfer()), "{limited:?}");
		assert!(ProxyType::Any.is_superset(&limited));
		assert!(!limited.is_superset(&ProxyType::Any));
	}
	assert!(ProxyType::Governance.filter(&vote()));
	assert!(!ProxyType::Staking.filter(&vote()));
}

#[test]
fn a_batch_is_no_way_around_a_proxy() {
	preset("development").execute_with(|| {
		let before = Balances::free_balance(account(Bob));
		Proxy::add_proxy(signed(Alice), account(Eve).into(), ProxyType::Governance, 0).unwrap();
		let batch = RuntimeCall::from(pallet_utility::Call::batch { calls: vec![transfer()] });
		let call =
			pallet_proxy::Call::proxy { real: account(Alice).into(), force_proxy_type: None, call: Box::new(batch) };
		let _ = RuntimeCall::from(call).dispatch(signed(Eve));
		assert_eq!(Balances::free_balance(account(Bob)), before);
	});
}

#[test]
fn fees_go_to_the_treasury_and_tips_to_no_one_without_an_author() {
	use frame_support::traits::{fungible::Balanced, OnUnbalanced};
	preset("development").execute_with(|| {
		let before = Balances::free_balance(Treasury::account_id());
		let issuance = Balances::total_issuance();
		let fee = <Balances as Balanced<AccountId>>::issue(3 * LOGOS);
		let tip = <Balances as Balanced<AccountId>>::issue(LOGOS);
		config::tokens::ShareOfFees::on_unbalanceds([fee, tip].into_iter());
		assert_eq!(Balances::free_balance(Treasury::account_id()), before + 3 * LOGOS);
		assert_eq!(Balances::total_issuance(), issuance + 3 * LOGOS);
	});
}
