//! A contract that does what it is told, for tests: it hands its input to the chain extension and returns the answer.

use super::chain::*;
use crate::*;
use codec::{Decode, Encode};
use frame_support::weights::Weight;
use pallet_contracts::{Code, CollectEvents, DebugInfo, Determinism};
use sp_keyring::Sr25519Keyring::Alice;
use sp_runtime::DispatchError;

/// More gas than any test needs, and as much as one transaction can have.
pub const GAS: Weight = Weight::from_parts(1_000_000_000_000, u64::MAX / 2);

/// Number of the chain extension.
const EXTENSION: u32 = 0x4c47 << 16;

/// Puts the forwarding contract on the chain. Those with another salt have another account.
pub fn deploy(salt: u8) -> AccountId {
	let code = Code::Upload(include_bytes!("forwarder.wasm").to_vec());
	let (debug, events) = (DebugInfo::Skip, CollectEvents::Skip);
	let result = Contracts::bare_instantiate(account(Alice), 0, GAS, None, code, vec![], vec![salt], debug, events);
	result.result.expect("the contract can be deployed").account_id
}

/// The input by which the contract calls a function of the extension.
pub fn input(function: u16, arguments: impl Encode) -> Vec<u8> {
	let mut bytes = (EXTENSION | u32::from(function)).to_le_bytes().to_vec();
	arguments.encode_to(&mut bytes);
	bytes
}

/// What the extension answers the contract; the gas that it took; and the deposit that Alice paid.
pub fn ask_in_full<Answer: Decode>(
	contract: &AccountId,
	input: Vec<u8>,
) -> (Result<Answer, DispatchError>, Weight, Balance) {
	let (debug, events) = (DebugInfo::Skip, CollectEvents::Skip);
	let by = Determinism::Enforced;
	let called = Contracts::bare_call(account(Alice), contract.clone(), 0, GAS, None, input, debug, events, by);
	let answer =
		called.result.map(|returned| Answer::decode(&mut &returned.data[..]).expect("the answer is of its type"));
	(answer, called.gas_consumed, called.storage_deposit.charge_or_zero())
}

/// What the extension answers the contract.
pub fn ask<Answer: Decode>(
	contract: &AccountId,
	function: u16,
	arguments: impl Encode,
) -> Result<Answer, DispatchError> {
	ask_in_full(contract, input(function, arguments)).0
}
