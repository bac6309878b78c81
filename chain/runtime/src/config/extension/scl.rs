//! Who may call, and where contracts are.

use super::io::{no_such_function, Call};
use crate::*;
use pallet_contracts::chain_extension::{Ext, Result, RetVal};
use pallet_scl::{ContractKind, RegionId, SectionName, WeightInfo};

/// More than the longest arguments, in bytes.
const MAX_INPUT: u32 = 128;

type Weights = <Runtime as pallet_scl::Config>::WeightInfo;

pub fn answer<E: Ext<T = Runtime>>(function: u16, mut call: Call<E>) -> Result<RetVal> {
	match function {
		1 => {
			call.charge(Weights::may_call())?;
			let account: AccountId = call.arguments(MAX_INPUT)?;
			call.answer(Scl::may_call(&account))
		}
		2 => {
			call.charge(Weights::contract_of())?;
			let (region, kind, section): (RegionId, ContractKind, SectionName) = call.arguments(MAX_INPUT)?;
			call.answer(Scl::contract_of(&region, kind, &section))
		}
		_ => Err(no_such_function()),
	}
}
