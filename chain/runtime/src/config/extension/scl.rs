//! Who may call, and where contracts are.

use super::io::{no_such_function, Call};
use crate::*;
use pallet_contracts::chain_extension::{Ext, Result, RetVal};
use pallet_scl::{ContractKind, RegionId, SectionName};

/// More than the longest arguments, in bytes.
const MAX_INPUT: u32 = 128;

pub fn answer<E: Ext<T = Runtime>>(function: u16, mut call: Call<E>) -> Result<RetVal> {
	let reads = |count| <Runtime as frame_system::Config>::DbWeight::get().reads(count);
	match function {
		1 => {
			call.charge(reads(2))?;
			let account: AccountId = call.arguments(MAX_INPUT)?;
			call.answer(Scl::may_call(&account))
		}
		2 => {
			call.charge(reads(1))?;
			let (region, kind, section): (RegionId, ContractKind, SectionName) = call.arguments(MAX_INPUT)?;
			call.answer(Scl::contract_of(&region, kind, &section))
		}
		_ => Err(no_such_function()),
	}
}
