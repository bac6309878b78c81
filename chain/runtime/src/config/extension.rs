//! What contracts ask of the chain beyond what every contract can: the chain extension `0x4c47`.
//!
//! Arguments are SCALE, one after the other; the whole answer is the SCALE of what is said below, and the status that
//! ink! also looks at is always 0. Only what no contract should ever do ends the call with an error of the chain: arguments
//! that can't be read, a change in a call that only reads, and too little gas. Everything else is an answer.
//!
//! | function | arguments | answer |
//! |---|---|---|
//! | 1 `may_call` | account | `bool` |
//! | 2 `contract_of` | region, kind (0 CSC, 1 OSC, 2 PSC), section | `Option<AccountId>` |
//! | 10 `csc_open` | | `Result<Head, csc::Refusal>` |
//! | 11 `csc_apply` | expected version, changes | `Result<Head, csc::Refusal>` |
//! | 12 `csc_get` | owner, key | `Option<Entry>` |
//! | 13 `csc_head` | owner | `Option<Head>` |
//! | 14 `csc_keys` | owner, from, limit | `Vec<Key>` |
//! | 15 `csc_get_many` | owner, keys | `Vec<Option<Entry>>` |
//! | 20 `psc_enrol` | member, public key | `Result<(), psc::Refusal>` |
//! | 21 `psc_create_role` | role, public key | `Result<(), psc::Refusal>` |
//! | 22 `psc_grant` | role, epoch, copy | `Result<(), psc::Refusal>` |
//! | 23 `psc_rotate` | role, epoch, new key, revoked, copies | `Result<u32, psc::Refusal>`: the new epoch |
//! | 24 `psc_put` | name, expected version, body, copies | `Result<u32, psc::Refusal>`: the new version |
//! | 25 `psc_reseal` | name, expected version, copies | `Result<u32, psc::Refusal>`: the new version |
//! | 26 `psc_remove` | name, expected version | `Result<(), psc::Refusal>` |
//! | 27 `psc_get` | owner, name | `Option<Value>` |
//! | 28 `psc_role` | owner, role | `Option<Role>` |
//! | 29 `psc_grant_of` | owner, role, member | `Option<Grant>` |
//! | 30 `osc_submit` | id, deadline, payload | `Result<Ticket, osc::Refusal>` |
//! | 31 `osc_close` | id, outcome | `Result<Ticket, osc::Refusal>` |
//! | 32 `osc_get` | owner, id | `Option<Ticket>` |
//! | 33 `osc_forget` | id | `Result<(), osc::Refusal>` |
//!
//! What a contract writes belongs to its account. Weight is charged before the work, and a deposit for what is stored,
//! by the same prices and limits as for the contract's own storage.

mod csc;
mod io;
mod osc;
mod psc;
mod scl;

use crate::*;
use io::Call;
use pallet_contracts::chain_extension::{
	ChainExtension, Environment, Ext, InitState, RegisteredChainExtension, Result, RetVal,
};

/// The chain extension of this runtime.
#[derive(Default)]
pub struct LogosExtension;

impl RegisteredChainExtension<Runtime> for LogosExtension {
	const ID: u16 = 0x4c47;
}

impl ChainExtension<Runtime> for LogosExtension {
	fn call<E: Ext<T = Runtime>>(&mut self, env: Environment<E, InitState>) -> Result<RetVal> {
		let function = env.func_id();
		let call = Call::new(env);
		match function {
			1..=9 => scl::answer(function, call),
			10..=19 => csc::answer(function, call),
			20..=29 => psc::answer(function, call),
			30..=39 => osc::answer(function, call),
			_ => Err(io::no_such_function()),
		}
	}
}
